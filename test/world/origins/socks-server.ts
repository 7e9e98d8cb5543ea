import { once } from 'node:events';
import net from 'node:net';
import { type Listener, listen } from '../access/listener.ts';
import type { Traffic } from '../traffic.ts';
import { connectTcp } from './tcp.ts';

const version = 5;
const reply = {
  success: 0,
  failure: 1,
  ruleFailure: 2,
  hostUnreachable: 4,
  connectionRefused: 5,
  commandNotSupported: 7,
} as const;

/**
 * The SOCKS5 server of cloudflared's `socks-proxy` ingress: CONNECT only, no authentication, and its ways with a
 * broken client (a wrong version or address type is hung up on without a word). `names` is the network behind it:
 * `host:port` to a port of 127.0.0.1; it may change while the server runs.
 */
export function startSocksServer(options: {
  readonly traffic: Traffic;
  readonly names: ReadonlyMap<string, number>;
}): Promise<Listener> {
  return listen(
    net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      client.on('error', () => {});
      serve({ client, ...options }).catch(() => client.destroy());
    }),
  );
}

async function serve(options: {
  readonly client: net.Socket;
  readonly traffic: Traffic;
  readonly names: ReadonlyMap<string, number>;
}): Promise<void> {
  const { client, traffic, names } = options;
  const answer = (code: number, from?: net.Socket) => {
    const { localAddress = '0.0.0.0', localPort = 0 } = from ?? {};
    client.write(
      Buffer.from([
        version,
        code,
        0,
        1,
        ...localAddress.split('.').map(Number),
        localPort >> 8,
        localPort & 255,
      ]),
    );
  };
  const refuse = (code: number) => {
    answer(code);
    client.destroySoon();
  };

  const [greeting = 0, methodCount = 0] = await read(client, 2);
  if (greeting !== version) return client.destroySoon();
  const methods = await read(client, methodCount);
  if (!methods.includes(0)) {
    client.write(Buffer.from([version, 0xff]));
    return client.destroySoon();
  }
  client.write(Buffer.from([version, 0]));

  const [requestVersion, command, , addressType] = await read(client, 4);
  if (requestVersion !== version) return client.destroySoon();
  const host = await readHost(client, addressType);
  if (host === undefined) return client.destroySoon();
  const target = `${host}:${(await read(client, 2)).readUInt16BE()}`;
  const fault = await traffic.serve('origin', 'socks', target);
  if (fault?.kind === 'drop') return void client.resetAndDestroy();
  if (fault?.kind === 'deny') return refuse(reply.ruleFailure);
  if (fault !== undefined) return refuse(reply.failure);
  if (command !== 1) return refuse(reply.commandNotSupported);

  const port = names.get(target);
  if (port === undefined) return refuse(reply.hostUnreachable);
  let destination: net.Socket;
  try {
    destination = await connectTcp(port);
  } catch {
    return refuse(reply.connectionRefused);
  }
  answer(reply.success, destination);
  // cloudflared waits for both directions: a destination that ends its side is not passed on to the client, who
  // learns of it from what it sends next. A client that ends, and any error, closes both.
  client.pipe(destination);
  destination.pipe(client, { end: false });
  destination.on('error', () => client.destroy());
  destination.on('close', () => client.destroySoon());
  client.on('close', () => destination.destroySoon());
  client.on('end', () => destination.destroySoon());
}

async function readHost(client: net.Socket, addressType: number | undefined): Promise<string | undefined> {
  switch (addressType) {
    case 1:
      return (await read(client, 4)).join('.');
    case 3: {
      const [length = 0] = await read(client, 1);
      return (await read(client, length)).toString('latin1').toLowerCase();
    }
    case 4: {
      const groups = (await read(client, 16)).toString('hex').match(/.{4}/g) ?? [];
      // The shortest spelling, as `names` would hold it.
      return new URL(`http://[${groups.join(':')}]`).hostname;
    }
    default:
      return undefined;
  }
}

/** Exactly `size` bytes. Rejects where the client ends before. */
async function read(client: net.Socket, size: number): Promise<Buffer> {
  if (size === 0) return Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = client.read(size);
    if (chunk?.length === size) return chunk;
    if (client.readableEnded || client.destroyed) throw new Error('the client ended');
    await Promise.race([once(client, 'readable'), once(client, 'end'), once(client, 'close')]);
  }
}
