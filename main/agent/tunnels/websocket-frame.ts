import { randomFillSync } from 'node:crypto';

/** The opcodes of a WebSocket frame (RFC 6455, 5.2). */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Returns the size of a frame's header, or undefined if too few bytes have arrived. */
export function headerSize(bytes: Buffer): number | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const length = second & 127;
  return length === 126 ? 4 : length === 127 ? 10 : 2;
}

const keys = Buffer.alloc(4096);
let nextKey = keys.length;

/**
 * Builds a whole masked frame. Masking four bytes at a time requires the payload to start at a multiple of four in its
 * memory, so the header is written backwards from there. RFC 6455 requires unpredictable keys: they are generated a
 * thousand at a time.
 */
export function frame(code: number, payload: Buffer): Buffer {
  const length = payload.length;
  const header = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const payloadAt = 16;
  const memory = new ArrayBuffer(payloadAt + ((length + 3) & ~3));
  const bytes = Buffer.from(memory, payloadAt - header, header + length);
  bytes[0] = 0x80 | code;
  if (header === 6) bytes[1] = 0x80 | length;
  else if (header === 8) {
    bytes[1] = 0x80 | 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 0x80 | 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  if (nextKey >= keys.length) {
    randomFillSync(keys);
    nextKey = 0;
  }
  keys.copy(bytes, header - 4, nextKey, nextKey + 4);
  nextKey += 4;
  bytes.set(payload, header);
  const words = new Int32Array(memory, payloadAt, (length + 3) >> 2);
  const key = new Int32Array(memory, payloadAt - 4, 1)[0] ?? 0;
  for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) ^ key;
  return bytes;
}
