import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import {
  type Nonces,
  proofOf,
  randomWord,
  type Secret,
  secretIn,
  sessionAfter,
} from '../../../main/api/web/proof.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request as it is given, path and headers untouched (a URL class would tidy `..` away). */
export function ask(options: {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}): Promise<Answer> {
  const { port, path = '/', method = 'GET', headers = {} } = options;
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asking.on('error', reject).end();
  });
}

/** A WebSocket: open, or the status with which the upgrade was refused. */
export function dial(options: {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}): Promise<WebSocket | number> {
  const { port, path, headers } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { ...headers } });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (asking, response) => {
      asking.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.once('error', reject);
  });
}

/** What an address that `serve` printed says. */
export function partsOf(address: string): {
  readonly port: number;
  /** Of the window; the WebSocket is at `agent` below it. */
  readonly path: string;
  readonly secret: Secret;
} {
  const { port, pathname, hash } = new URL(address);
  const secret = secretIn(hash);
  if (secret === undefined) throw new Error(`${hash} holds no secret`);
  return { port: Number(port), path: pathname, secret };
}

/** A WebSocket as the window opens it, without its proof. */
export async function dialAsPage(address: string): Promise<WebSocket> {
  const { port, path } = partsOf(address);
  const host = `127.0.0.1:${port}`;
  const socket = await dial({ port, path: `${path}agent`, headers: { host, origin: `http://${host}` } });
  if (socket instanceof WebSocket) return socket;
  throw new Error(`refused with ${socket}`);
}

/** A page's WebSocket that has proven itself, and the session's secret. Rejects with the close code of one that is refused. */
export async function openPage(
  address: string,
  secret: Secret = partsOf(address).secret,
): Promise<{ readonly socket: WebSocket; readonly session: Secret }> {
  const socket = await dialAsPage(address);
  const refused = once(socket, 'close').then(([code]) => Promise.reject(new Error(String(code))));
  refused.catch(() => {});
  const next = async () => {
    const [data] = (await Promise.race([once(socket, 'message'), refused])) as [Buffer];
    return JSON.parse(data.toString()) as Record<string, unknown>;
  };
  const page = randomWord();
  const { kind, id } = secret;
  socket.send(JSON.stringify({ kind, id, nonce: page }));
  const { nonce, proof } = await next();
  const nonces: Nonces = { server: String(nonce), page };
  if (proof !== (await proofOf(secret, 'server', nonces)))
    throw new Error('the server has not proven itself');
  socket.send(JSON.stringify({ proof: await proofOf(secret, 'page', nonces) }));
  if ((await next()).opened !== true) throw new Error('not opened');
  return { socket, session: kind === 'address' ? await sessionAfter(secret, nonces) : secret };
}
