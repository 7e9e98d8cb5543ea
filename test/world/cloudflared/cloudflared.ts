import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { decodeJwt } from 'jose';
import { WebSocket } from 'ws';

/**
 * A double of `cloudflared version` and `cloudflared access tcp`: the flags, environment, log lines, token files and order
 * of requests of 2026.8.2 (`carrier/`, `token/`). It never logs in by a browser: where cloudflared would, it prints the
 * address as that does without one, and waits.
 */
const [command, kind, ...rest] = process.argv.slice(2);
if (command === 'version' || command === '--version') {
  console.log(`cloudflared version ${process.env.WORLD_VERSION} (built 2026-08-20-0954 UTC)`);
  process.exit(0);
}
if (command !== 'access' || kind !== 'tcp') process.exit(1);
const { values } = parseArgs({
  args: rest,
  options: {
    hostname: { type: 'string', default: '' },
    url: { type: 'string', default: '' },
    destination: { type: 'string' },
    loglevel: { type: 'string' },
  },
});
const { hostname, destination } = values;
const authority = process.env.SSL_CERT_FILE;
if (authority !== undefined) tls.setDefaultCACertificates([readFileSync(authority, 'utf8')]);
const agent = new https.Agent({ proxyEnv: process.env });
const origin = `https://${hostname}/`;
const folder = path.join(process.env.HOME ?? '', '.cloudflared');

function log(level: string, message: string, fields: object): void {
  const time = new Date().toISOString();
  const line =
    process.env.TUNNEL_LOG_OUTPUT === 'json'
      ? JSON.stringify({ ...fields, level, message, time })
      : `${time} ${level === 'info' ? 'INF' : 'ERR'} ${message} ${Object.entries(fields)
          .map(([name, value]) => `${name}=${/\s/.test(value) ? JSON.stringify(value) : value}`)
          .join(' ')}`;
  process.stderr.write(`${line}\n`);
}

interface Answer {
  readonly status: number;
  readonly location: URL | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
}

function head(url: URL, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method: 'HEAD', headers, agent }, (response) => {
      response.resume();
      const { location } = response.headers;
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        location: location === undefined ? undefined : new URL(location, url),
      });
    });
    request.once('error', reject);
    request.end();
  });
}

const { TUNNEL_SERVICE_TOKEN_ID: id, TUNNEL_SERVICE_TOKEN_SECRET: secret } = process.env;
const service: Record<string, string> =
  id === undefined || secret === undefined
    ? {}
    : { 'cf-access-client-id': id, 'cf-access-client-secret': secret };

type Dialed = WebSocket | { readonly wantsLogin: boolean; readonly error: string };

function dial(token: string | undefined): Promise<Dialed> {
  return new Promise((resolve) => {
    const socket = new WebSocket(origin.replace('https', 'wss'), {
      agent,
      perMessageDeflate: false,
      headers: {
        'user-agent': 'cloudflared/2026.8.2',
        ...(token === undefined ? service : { 'cf-access-token': token }),
        ...(destination === undefined ? {} : { 'cf-access-jump-destination': destination }),
      },
    });
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_, response) => {
      const isLogin = response.headers.location?.includes('/cdn-cgi/access/login') === true;
      resolve({ wantsLogin: response.statusCode === 302 && isLogin, error: 'websocket: bad handshake' });
      response.destroy();
    });
    socket.once('error', (error) => resolve({ wantsLogin: false, error: error.message }));
  });
}

interface App {
  readonly aud: string;
  readonly app_hostname: string;
  readonly auth_domain: string;
}

function stored(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8');
    return (decodeJwt(token).exp ?? 0) < Date.now() / 1000 ? undefined : token;
  } catch {
    return undefined;
  }
}

function cookie(answer: Answer, name: string): string | undefined {
  const lines = [answer.headers['set-cookie'] ?? []].flat();
  return lines
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1)
    .split(';')[0];
}

async function exchanged(orgToken: string): Promise<string | undefined> {
  const first = await head(new URL(origin), {});
  const session = cookie(first, 'CF_AppSession');
  if (first.location === undefined) return undefined;
  const login = await head(first.location, { cookie: `CF_Authorization=${orgToken}` });
  if (login.location === undefined) return undefined;
  const authorized = await head(login.location, { cookie: `CF_AppSession=${session}` });
  return cookie(authorized, 'CF_Authorization');
}

async function tokenFor(app: App): Promise<string> {
  const file = tokenFile(app);
  const known = stored(file);
  if (known !== undefined) return known;
  writeFileSync(`${file}.lock`, JSON.stringify({ pid: process.pid, start_time: Date.now() }), { flag: 'w' });
  const org = stored(path.join(folder, `${app.auth_domain}-org-token`));
  const token = org === undefined ? undefined : await exchanged(org);
  if (token !== undefined) {
    writeFileSync(file, token, { mode: 0o600 });
    return token;
  }
  const address = `${origin}cdn-cgi/access/cli?token=double&aud=${app.aud}&send_org_token=true`;
  process.stderr.write(
    `Please open the following URL and log in with your Cloudflare account:\n\n${address}\n\nLeave cloudflared running to download the token automatically.\n`,
  );
  return new Promise(() => {});
}

function tokenFile(app: App): string {
  return path.join(folder, `${app.app_hostname}-${app.aud}-token`);
}

async function connection(): Promise<WebSocket> {
  let result = await dial(undefined);
  if (!(result instanceof WebSocket) && result.wantsLogin) {
    const info = await head(new URL(origin), { 'cf-access-metadata-request': 'true' });
    const app: App = decodeJwt(String(info.headers['cf-access-metadata']));
    result = await dial(await tokenFor(app));
    if (!(result instanceof WebSocket) && result.wantsLogin) {
      rmSync(tokenFile(app), { force: true });
      result = await dial(await tokenFor(app));
    }
  }
  if (result instanceof WebSocket) return result;
  throw new Error(result.error);
}

/** `stream.Pipe`: the end of either direction is the end of both, and no close frame is sent. */
function pipe(client: net.Socket, socket: WebSocket): void {
  socket.on('message', (data: Buffer) => {
    if (client.write(data)) return;
    socket.pause();
    client.once('drain', () => socket.resume());
  });
  client.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += 16_384) socket.send(chunk.subarray(at, at + 16_384));
    if (socket.bufferedAmount < 1 << 20) return;
    client.pause();
    socket.send(Buffer.alloc(0), () => client.resume());
  });
  socket.on('close', () => client.destroySoon());
  socket.on('error', () => client.destroySoon());
  client.on('end', () => socket.terminate());
  client.on('close', () => socket.terminate());
  client.resume();
}

mkdirSync(folder, { recursive: true });
const [host = '', port = ''] = values.url.split(':');
log('info', 'Start Websocket listener', { host: values.url });
const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
  client.on('error', () => {});
  connection().then(
    (socket) => pipe(client, socket),
    (error: Error) => {
      log('error', 'failed to connect to origin', { error: error.message, originURL: `https://${hostname}` });
      client.destroy();
    },
  );
});
server.on('error', (error) => {
  log('error', 'Error on Websocket listener', {
    error: `failed to start forwarding server: ${error.message}`,
  });
  process.exit(1);
});
server.listen(Number(port), host);
