import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../model/app-error.ts';
import { valuesOf } from '../api-proxy/headers.ts';
import type { Answer } from '../api-proxy/upstream.ts';
import type { AnswerBudget } from '../network/answer-budget.ts';
import { sizeText } from '../network/limits.ts';

const firstBytes = 64 * 1024;

/**
 * Calls `use` with the body of an answer, decompressed. Rejects with `answer-refused` if it is longer than `maxBytes`, or
 * if this server uses too much of the memory that all answers share, and with the stream's error if it breaks off.
 */
export async function withBody<T>(
  { body, fields }: Answer,
  how: {
    /** Names the server in errors and in the budget. */
    readonly server: string;
    readonly maxBytes: number;
    readonly budget: AnswerBudget;
  },
  use: (bytes: Buffer) => T,
): Promise<T> {
  const { server, maxBytes, budget } = how;
  const source = decoded(body, valuesOf(fields, 'content-encoding').join().toLowerCase());
  const refused = (why: string) => new AppError('answer-refused', `${server} sent an answer ${why}.`);
  const reading = {
    host: server,
    refuse: () => void source.destroy(refused('that takes too much memory, with the others that are read')),
  };
  let bytes = Buffer.allocUnsafe(Math.min(firstBytes, maxBytes));
  let length = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (length + chunk.length > maxBytes) throw refused(`larger than ${sizeText(maxBytes)}`);
      budget.take(reading, chunk.length);
      if (length + chunk.length > bytes.length) {
        const larger = Buffer.allocUnsafe(
          Math.min(Math.max(bytes.length * 2, length + chunk.length), maxBytes),
        );
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      chunk.copy(bytes, length);
      length += chunk.length;
    }
    return use(bytes.subarray(0, length));
  } finally {
    budget.release(reading);
    source.destroy();
    body.destroy();
  }
}

function decoded(body: Readable, encoding: string): Readable {
  if (encoding !== 'gzip') return body;
  const unzipped = createGunzip();
  // Destroys each when the other one breaks. The reader of `unzipped` gets the error.
  pipeline(body, unzipped, () => {});
  return unzipped;
}
