import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { AppError } from '../../model/app-error.ts';
import type { AnswerBudget } from './answer-budget.ts';
import { answersBytes, sizeText } from './limits.ts';

const firstSlab = 16 * 1024;
const largestSlab = 1024 * 1024;
/**
 * A small answer may arrive in pieces of any size. A large one is read in blocks, and the network's pieces are larger.
 */
const manyPieces = 2_000;
const smallestPiece = 64;
const hint = 'Check the address: something else may answer there.';

/**
 * Reads the body of an answer, decompressed (only gzip and deflate are requested). Counts the decompressed length: a
 * body longer than `maxBytes` is cut if `cut`, otherwise it rejects with `answer-refused`. Rejects with the stream's
 * error if the stream breaks off. Closes the connection unless the answer was read to its end.
 */
export function readBody(options: {
  readonly host: string;
  readonly response: IncomingMessage;
  readonly budget: AnswerBudget;
  readonly maxBytes: number;
  readonly cut: boolean;
}): Promise<Buffer> {
  const { host, response, budget, maxBytes, cut } = options;
  return new Promise((resolve, reject) => {
    const body = createSlabs();
    const source = decoded(response);
    const { socket } = response;
    const settle = (end: () => void) => {
      // Do this first: destroying a stream is reported as if the other side had done it.
      end();
      budget.release(reading);
      source.removeAllListeners('data');
      socket.off('data', freeBytes);
      source.destroy();
      // Ignore errors that follow the end.
      for (const stream of [source, response]) stream.on('error', () => {});
      if (!response.complete) response.destroy();
    };
    const fail = (error: Error) => {
      settle(() => reject(error));
      body.free();
    };
    const refuse = (why: string) =>
      fail(new AppError('answer-refused', `${host} sent an answer ${why}.`, { hint }));
    let pieces = 0;
    const reading = {
      host,
      refuse: () =>
        fail(
          new AppError(
            'answer-refused',
            `${host} sent an answer that does not fit: more than ${sizeText(answersBytes)} came at once.`,
            { hint, retryable: true },
          ),
        ),
    };
    response.once('error', fail);
    // An answer that is cut off ends without `end`.
    response.once('aborted', () => fail(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
    if (source !== response) source.once('error', fail);
    source.on('data', (chunk: Buffer<ArrayBuffer>) => {
      pieces += 1;
      // Each piece takes as much processor time as a whole block.
      if (pieces > manyPieces && body.length < pieces * smallestPiece) {
        refuse('in pieces of a few bytes');
        return;
      }
      const room = maxBytes - body.length;
      const fits = chunk.length <= room;
      const grown = body.add(fits ? chunk : chunk.subarray(0, room));
      if (fits) {
        if (grown > 0) budget.take(reading, grown);
        return;
      }
      if (cut) settle(() => resolve(body.whole()));
      else refuse(`larger than ${sizeText(maxBytes)}`);
    });
    // Free them after the parser, which passes on copies: the collector would let 60 MB of these accumulate.
    socket.on('data', freeBytes);
    source.once('end', () => settle(() => resolve(body.whole())));
  });
}

function decoded(response: IncomingMessage): Readable {
  const coding = response.headers['content-encoding']?.toLowerCase();
  // Such an answer has no content, whatever its fields say of the one that it stands for (RFC 9110, 15.3.5 and 15.4.5).
  if (response.statusCode === 204 || response.statusCode === 304) return response;
  if (coding !== 'gzip' && coding !== 'x-gzip' && coding !== 'deflate') return response;
  return response.pipe(coding === 'deflate' ? createInflate() : createGunzip());
}

/** Frees the memory of bytes that nobody reads any more at once, if nothing else shares it. */
function freeBytes(bytes: Buffer<ArrayBuffer>): void {
  if (bytes.byteLength === bytes.buffer.byteLength) bytes.buffer.transfer(0);
}

/**
 * Collects bytes by copying them: a chunk may be one byte long, and as an object of its own it takes a hundred times as
 * much memory.
 */
function createSlabs() {
  const full: Buffer<ArrayBuffer>[] = [];
  let slab: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(0);
  let used = 0;
  let length = 0;
  return {
    get length() {
      return length;
    },
    /** Returns how many bytes of memory were allocated for it. */
    add(chunk: Buffer<ArrayBuffer>): number {
      let grown = 0;
      let rest = chunk;
      while (rest.length > 0) {
        if (used === slab.length) {
          if (used > 0) full.push(slab);
          slab = Buffer.allocUnsafeSlow(Math.min(largestSlab, Math.max(firstSlab, length, rest.length)));
          used = 0;
          grown += slab.length;
        }
        const copied = rest.copy(slab, used);
        used += copied;
        length += copied;
        rest = rest.subarray(copied);
      }
      // Free it at once, as below: nothing else reads it.
      freeBytes(chunk);
      return grown;
    },
    /** Frees the memory at once: the collector would let that of many refused answers accumulate. */
    free() {
      for (const one of [...full.splice(0), slab]) one.buffer.transfer(0);
      slab = Buffer.allocUnsafeSlow(0);
      used = 0;
    },
    whole(): Buffer {
      const last = slab.subarray(0, used);
      return full.length === 0 ? last : Buffer.concat([...full, last], length);
    },
  };
}
