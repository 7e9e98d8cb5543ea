import { PassThrough } from 'node:stream';
import type { OtherUser } from './other-user.ts';

/** What a listener of another account was sent. */
export interface Heard {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The texts of a WebSocket's frames, as they come. */
  readonly frames: readonly string[];
}

type Said =
  | { readonly port: number }
  | { readonly of: number; readonly frame: string }
  | Pick<Heard, 'url' | 'headers'>;

export interface StrangeListener {
  readonly port: number;
  heard(): readonly Heard[];
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1 as another account: answers every request with a page that asks back at all it knows, and takes
 * every WebSocket, answering each frame of it with the lines in `answers`, one after another.
 */
export async function listenAs(
  other: OtherUser,
  options: { readonly port?: number; readonly page?: string; readonly answers?: readonly string[] } = {},
): Promise<StrangeListener> {
  const { port = 0, page = '<title>stranger</title>', answers = [] } = options;
  const heard: (Heard & { frames: string[] })[] = [];
  const listening = Promise.withResolvers<number>();
  const hear = (line: string) => {
    const message = JSON.parse(line) as Said;
    if ('port' in message) listening.resolve(message.port);
    else if ('frame' in message) heard[message.of]?.frames.push(message.frame);
    else heard.push({ ...message, frames: [] });
  };
  // It ends with its stdin: the program may not be ours to kill.
  const input = new PassThrough();
  const ended = other.node(program, [JSON.stringify({ port, page, answers })], {
    input,
    // biome-ignore lint/correctness/useYield: it takes the lines and passes none on.
    *stdout(line: unknown) {
      hear(String(line));
    },
  });
  ended.then(({ stderr }) => listening.reject(new Error(`the listener ended: ${stderr}`)), listening.reject);
  return {
    port: await listening.promise,
    heard: () => heard,
    async close() {
      input.end();
      await ended;
    },
  };
}

const program = `
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
const { port, page, answers } = JSON.parse(process.argv[1]);
const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
process.stdin.on('end', () => process.exit()).resume();
let count = 0;
const server = createServer((request, response) => {
  count += 1;
  say({ url: request.url, headers: request.headers });
  const type = request.url.endsWith('.js') ? 'text/javascript' : 'text/html';
  response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=31536000, immutable' });
  response.end(type === 'text/html' ? page : 'document.documentElement.dataset.stolen = location.href;');
});
const frameOf = (text) => {
  const body = Buffer.from(text);
  const head = body.length < 126 ? [0x81, body.length] : [0x81, 126, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from(head), body]);
};
server.on('upgrade', (request, socket) => {
  const of = count;
  count += 1;
  say({ url: request.url, headers: request.headers });
  const guid = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = createHash('sha1').update(guid).digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  const left = [...answers];
  socket.on('error', () => {});
  socket.on('data', (data) => {
    if ((data[0] & 15) !== 1) return;
    const short = data[1] & 127;
    const at = short === 126 ? 4 : 2;
    const body = data.subarray(at + 4).map((byte, index) => byte ^ data[at + index % 4]);
    say({ of, frame: Buffer.from(body).toString() });
    for (const answer of left.splice(0, 1)) socket.write(frameOf(answer));
  });
});
server.listen(port, '127.0.0.1', () => say({ port: server.address().port }));
`;

/** As another account: a WebSocket with headers of its own choice, one text sent; resolves to all bytes that come back. */
export async function dialAs(
  other: OtherUser,
  options: {
    readonly port: number;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly text: string;
  },
): Promise<string> {
  const { stdout } = await other.node(dialer, [JSON.stringify(options)]);
  return String(stdout);
}

const dialer = `
import { connect } from 'node:net';
const { port, path, headers, text } = JSON.parse(process.argv[1]);
const socket = connect(port, '127.0.0.1');
const lines = Object.entries(headers).map(([name, value]) => name + ': ' + value);
socket.write(['GET ' + path + ' HTTP/1.1', ...lines, 'Upgrade: websocket', 'Connection: Upgrade',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\\r\\n'));
const body = Buffer.from(text);
// Masked with zeros.
socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 255, 0, 0, 0, 0]), body]));
const end = () => socket.destroy();
setTimeout(end, 3000);
socket.on('data', (data) => {
  process.stdout.write(data.toString('latin1'));
  // A close frame, alone or behind the headers.
  if (data[0] === 0x88 || data.includes('\\r\\n\\r\\n\\x88', 0, 'latin1')) end();
});
socket.on('error', () => {});
socket.on('close', () => process.exit());
`;
