import { Duplex } from 'node:stream';
import { constants, createDeflate, createInflate } from 'node:zlib';
import { dictionary, prefixed } from './dictionary.ts';

/** The control frames of SPDY/3.1 that are read or written here. */
const frame = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 } as const;
const fin = 1;
const headBytes = 8;

export type Headers = Readonly<Record<string, string>>;

/**
 * Serves the streams of one SPDY/3.1 session, as github.com/moby/spdystream speaks it: every stream is accepted, and
 * there is no flow control but the transport's own. Resolves when the session has ended, with all its streams.
 */
export async function serveSpdy(
  transport: Duplex,
  accept: (stream: Duplex, headers: Headers) => void,
): Promise<void> {
  const streams = new Map<number, SpdyStream>();
  const codec = createHeaderCodec();
  const send = (bytes: Buffer, sent?: (error?: Error | null) => void) => {
    if (transport.writable) transport.write(bytes, sent);
    else sent?.(new Error('the session is closed'));
  };
  try {
    for await (const { type, flags, payload } of readFrames(transport)) {
      const id = payload.length >= 4 ? payload.readUInt32BE(0) & 0x7fffffff : 0;
      if (type === frame.synStream) {
        // After the id: the id of an associated stream and the priority.
        const headers = await codec.decode(payload.subarray(10));
        send(controlFrame(frame.synReply, Buffer.concat([uint32(id), await codec.encode({})])));
        const stream = new SpdyStream(id, send);
        streams.set(id, stream);
        stream.once('close', () => streams.delete(id));
        if (flags & fin) stream.push(null);
        accept(stream, headers);
      } else if (type === 'data') {
        const stream = streams.get(id);
        if (payload.length > 4) stream?.push(payload.subarray(4));
        if (flags & fin) stream?.push(null);
      } else if (type === frame.reset) streams.get(id)?.end().destroy();
      else if (type === frame.ping) send(controlFrame(frame.ping, payload));
      else if (type === frame.goAway) break;
    }
  } catch {
    // The transport broke: what is left to do is the same as at its end.
  } finally {
    for (const stream of streams.values()) stream.destroy();
    codec.close();
    transport.destroy();
  }
}

class SpdyStream extends Duplex {
  readonly #id: number;
  readonly #send: (bytes: Buffer, sent?: (error?: Error | null) => void) => void;

  constructor(id: number, send: (bytes: Buffer, sent?: (error?: Error | null) => void) => void) {
    super();
    this.#id = id;
    this.#send = send;
    // Who uses a stream sees its end by the close; a session that breaks is no fault of theirs.
    this.on('error', () => {});
  }

  override _read() {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void) {
    this.#send(dataFrame(this.#id, 0, chunk), done);
  }

  override _final(done: (error?: Error | null) => void) {
    this.#send(dataFrame(this.#id, fin, Buffer.alloc(0)), done);
  }
}

interface Frame {
  readonly type: number | 'data';
  readonly flags: number;
  /** Of a data frame: the id of its stream, then the data. */
  readonly payload: Buffer;
}

async function* readFrames(transport: Duplex): AsyncGenerator<Frame> {
  let held = Buffer.alloc(0);
  for await (const chunk of transport) {
    held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    while (held.length >= headBytes) {
      const end = headBytes + held.readUIntBE(5, 3);
      if (held.length < end) break;
      const isControl = (held.readUInt8(0) & 0x80) !== 0;
      const body = held.subarray(headBytes, end);
      yield {
        type: isControl ? held.readUInt16BE(2) : 'data',
        flags: held.readUInt8(4),
        payload: isControl ? body : Buffer.concat([held.subarray(0, 4), body]),
      };
      held = held.subarray(end);
    }
  }
}

function controlFrame(type: number, payload: Buffer): Buffer {
  const head = Buffer.from([0x80, 3, 0, type, 0, 0, 0, 0]);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function dataFrame(id: number, flags: number, data: Buffer): Buffer {
  const head = Buffer.concat([uint32(id), Buffer.from([flags, 0, 0, 0])]);
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Headers of one session; each direction is one zlib stream, flushed after every block. */
function createHeaderCodec() {
  const options = { dictionary, flush: constants.Z_SYNC_FLUSH };
  const inflate = createInflate(options);
  const deflate = createDeflate(options);
  const through = (zlib: typeof inflate | typeof deflate, bytes: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      zlib.once('error', reject);
      zlib.write(bytes, () => {
        zlib.off('error', reject);
        resolve((zlib.read() as Buffer | null) ?? Buffer.alloc(0));
      });
    });
  return {
    async decode(block: Buffer): Promise<Headers> {
      const bytes = await through(inflate, block);
      let at = 4;
      const text = () => {
        const length = bytes.readUInt32BE(at);
        at += 4 + length;
        return bytes.subarray(at - length, at).toString();
      };
      return Object.fromEntries(
        Array.from({ length: bytes.readUInt32BE(0) }, () => [text().toLowerCase(), text()]),
      );
    },
    encode(headers: Headers): Promise<Buffer> {
      const entries = Object.entries(headers);
      return through(deflate, Buffer.concat([uint32(entries.length), ...entries.flat().map(prefixed)]));
    },
    close() {
      inflate.close();
      deflate.close();
    },
  };
}
