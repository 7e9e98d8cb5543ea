import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../model/app-error.ts';
import { valuesOf } from '../api-proxy/headers.ts';
import type { Answer } from '../api-proxy/upstream.ts';
import type { AnswerBudget } from '../network/answer-budget.ts';
import { sizeText } from '../network/limits.ts';

const firstBytes = 64 * 1024;

interface Limits {
  /** Names the server in errors and in the budget. */
  readonly server: string;
  readonly maxBytes: number;
  readonly budget: AnswerBudget;
  readonly signal: AbortSignal;
}

/**
 * Calls `use` with the body of an answer, decompressed. Rejects with `answer-refused` if it is longer than `maxBytes`, or
 * if this server uses too much of the memory that all answers share, with `origin-failed` if it breaks off, and with the
 * signal's reason.
 */
export async function withBody<T>(answer: Answer, limits: Limits, use: (bytes: Buffer) => T): Promise<T> {
  const { server, budget } = limits;
  const reading = { host: server, refuse: () => {} };
  const { body, fields } = answer;
  const isZipped = valuesOf(fields, 'content-encoding').join().toLowerCase() === 'gzip';
  const source = isZipped ? body.pipe(createGunzip()) : body;
  try {
    return use(await bytesOf(source, body, reading, limits));
  } finally {
    budget.release(reading);
    source.destroy();
    body.destroy();
  }
}

/**
 * Listens to events: an iterator of Node ends with an error on an HTTP/2 stream that the server has ended, whether or not it
 * was read.
 */
function bytesOf(
  source: Readable,
  body: Readable,
  reading: { readonly host: string; refuse: () => void },
  { server, maxBytes, budget, signal }: Limits,
): Promise<Buffer> {
  const bytes = growing(maxBytes);
  const abort = () => fail(signal.reason);
  let fail: (error: unknown) => void = () => {};
  const read = new Promise<Buffer>((resolve, reject) => {
    fail = reject;
    const refuse = (why: string) =>
      reject(new AppError('answer-refused', `${server} sent an answer ${why}.`));
    reading.refuse = () => refuse('that takes too much memory, with the others that are read');
    const broken = (cause?: unknown) =>
      reject(new AppError('origin-failed', `${server} broke off its answer.`, { retryable: true, cause }));
    source.once('end', () => resolve(bytes.whole()));
    for (const stream of new Set([source, body]))
      stream
        .once('error', broken)
        .once('aborted', broken)
        .once('close', () => {
          if (!stream.readableEnded) broken();
        });
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    source.on('data', (chunk: Buffer) => {
      if (!bytes.add(chunk)) refuse(`larger than ${sizeText(maxBytes)}`);
      else budget.take(reading, chunk.length);
    });
    if (body.destroyed && !body.readableEnded) broken();
    // An answer comes paused.
    source.resume();
  });
  return read.finally(() => {
    signal.removeEventListener('abort', abort);
    source.removeAllListeners('data').on('error', () => {});
    body.on('error', () => {});
  });
}

/** A buffer that doubles: a server may send an answer in pieces of one byte. */
function growing(maxBytes: number) {
  let bytes = Buffer.allocUnsafe(Math.min(firstBytes, maxBytes));
  let length = 0;
  return {
    /** Returns false if there is no room. */
    add(chunk: Buffer): boolean {
      const needed = length + chunk.length;
      if (needed > maxBytes) return false;
      if (needed > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.min(Math.max(bytes.length * 2, needed), maxBytes));
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      chunk.copy(bytes, length);
      length = needed;
      return true;
    },
    whole: () => bytes.subarray(0, length),
  };
}
