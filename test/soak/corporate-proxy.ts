import net from 'node:net';
import { listen } from '../world/access/listener.ts';

/**
 * `well`; `resets`: 502, then RST 30 ms later; `refuses`: 502, and the connection stays open; `silent`: what comes is
 * not answered, and nothing passes on the connections that are there.
 */
export type ProxyMode = 'well' | 'resets' | 'refuses' | 'silent';

/** A CONNECT proxy that leads every name to one port of loopback, and has its moods. */
export interface CorporateProxy {
  readonly url: string;
  become(mode: ProxyMode): void;
  /** Connections of clients, those that were refused included. */
  open(): number;
  close(): Promise<void>;
}

export async function startCorporateProxy(target: () => number): Promise<CorporateProxy> {
  let mode: ProxyMode = 'well';
  const clients = new Set<net.Socket>();
  const pairs = new Set<{ readonly client: net.Socket; readonly edge: net.Socket }>();
  const connect = (client: net.Socket, rest: Buffer) => {
    const edge = net.connect({ port: target(), host: '127.0.0.1', noDelay: true });
    const pair = { client, edge };
    edge.on('error', () => {}).once('close', () => client.destroySoon());
    client.once('close', () => {
      pairs.delete(pair);
      edge.destroySoon();
    });
    edge.once('connect', () => {
      pairs.add(pair);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      edge.write(rest);
      join(pair);
    });
  };
  const server = net.createServer({ noDelay: true }, (client) => {
    clients.add(client);
    client.on('error', () => {}).once('close', () => clients.delete(client));
    if (mode === 'silent') {
      client.resume();
      return;
    }
    let head = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      client.off('data', read);
      if (mode === 'well') {
        connect(client, head.subarray(end + 4));
        return;
      }
      client.resume();
      client.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
      if (mode === 'resets') setTimeout(() => client.resetAndDestroy(), 30);
    };
    client.on('data', read);
  });
  const { port, close } = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    become(next) {
      const was = mode;
      mode = next;
      if (next === 'silent') for (const pair of pairs) part(pair);
      else if (was === 'silent') for (const pair of pairs) join(pair);
    },
    open: () => clients.size,
    close,
  };
}

function join({ client, edge }: { readonly client: net.Socket; readonly edge: net.Socket }): void {
  client.pipe(edge).pipe(client);
}

function part({ client, edge }: { readonly client: net.Socket; readonly edge: net.Socket }): void {
  client.unpipe(edge).pause();
  edge.unpipe(client).pause();
}
