import http from 'node:http';
import net from 'node:net';
import type { Traffic } from '../traffic.ts';
import { listen } from './listener.ts';

/** A corporate CONNECT proxy that holds the world together: host names lead to loopback, and nothing leads out. */
export interface ConnectProxy {
  readonly port: number;
  /** For `HTTPS_PROXY`, with the user and password where it asks for them. */
  readonly url: string;
  /** `host:port` of every request that was refused because the world has no such host. */
  readonly refused: readonly string[];
  /** Resets every open connection, of one host name or all. The number dropped. */
  dropConnections(hostname?: string): number;
  close(): Promise<void>;
}

export async function startProxy(options: {
  readonly traffic: Traffic;
  readonly edgePort: number;
  /** Port 443 of these leads to the edge. */
  readonly hosts: Iterable<string>;
  /** Port 443 of these leads to a port of loopback each. */
  readonly others?: ReadonlyMap<string, number>;
  /** Asked for with Basic authentication when given. */
  readonly login?: { readonly user: string; readonly password: string };
}): Promise<ConnectProxy> {
  const { traffic, edgePort, login } = options;
  const ports = new Map([...options.hosts].map((host) => [host, edgePort] as const));
  for (const [host, port] of options.others ?? []) ports.set(host, port);
  const refused: string[] = [];
  const open = new Map<net.Socket, string>();
  const expected = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;

  /** The answer to a request that leads nowhere: a status line, or a reset. */
  const refusal = async (request: http.IncomingMessage, target: string): Promise<string | undefined> => {
    const fault = await traffic.serve('proxy', 'connect', target);
    if (fault?.kind === 'drop') return '';
    if (fault?.kind === 'deny') return '403 Forbidden';
    if (fault?.kind === 'throttle') return '429 Too Many Requests';
    if (fault?.kind === 'error') return '503 Service Unavailable';
    if (expected !== undefined && request.headers['proxy-authorization'] !== expected)
      return '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="acme"';
    const [host = '', port] = target.split(':');
    if (port === '443' && ports.has(host)) return undefined;
    refused.push(target);
    return '502 Bad Gateway';
  };

  const connect = async (request: http.IncomingMessage, client: net.Socket, head: Buffer) => {
    const target = (request.url ?? '').toLowerCase();
    const refused = await refusal(request, target);
    if (refused === '') {
      client.resetAndDestroy();
      return;
    }
    if (refused !== undefined) {
      client.end(`HTTP/1.1 ${refused}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const port = ports.get(target.replace(/:443$/, '')) ?? edgePort;
    const edge = net.connect({ port, host: '127.0.0.1', noDelay: true });
    edge.once('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      edge.write(head);
      client.pipe(edge).pipe(client);
    });
    open.set(client, target.replace(/:443$/, ''));
    // Each side takes the other with it, and an error on one is a close on both.
    edge.on('error', () => {}).on('close', () => client.destroySoon());
    client.on('close', () => {
      open.delete(client);
      edge.destroySoon();
    });
  };

  const server = http.createServer((request, response) => {
    refused.push(request.url ?? '');
    response.writeHead(502, { 'content-length': 0 }).end();
  });
  server.on('connect', (request, client: net.Socket, head) => {
    client.setNoDelay();
    client.on('error', () => {});
    void connect(request, client, head);
  });
  const { port, close } = await listen(server);
  const credentials = login && `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`;
  return {
    port,
    url: `http://${credentials ?? ''}127.0.0.1:${port}`,
    refused,
    dropConnections(hostname) {
      const dropped = [...open].filter(([, host]) => hostname === undefined || host === hostname);
      for (const [client] of dropped) client.resetAndDestroy();
      return dropped.length;
    },
    close,
  };
}
