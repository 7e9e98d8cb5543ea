import { request } from 'node:http';
import { WebSocket } from 'ws';

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

/** Spends an address's token. Answers the cookie as a browser would send it back. */
export async function openWith(address: string): Promise<string> {
  const { port, pathname } = new URL(address);
  const { headers } = await ask({ port: Number(port), path: pathname });
  return String(headers['set-cookie']).split(';')[0] ?? '';
}

/** A WebSocket: open, or the status with which the upgrade was refused. */
export function dial(options: {
  readonly port: number;
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
}): Promise<WebSocket | number> {
  const { port, path = '/agent', headers } = options;
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
