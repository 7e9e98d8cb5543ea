import { createHash, randomBytes } from 'node:crypto';
import type { Tally } from './tally.ts';
import { ask, type Target } from './target.ts';

/** How long a request may go without a byte. */
const patienceMs = 20_000;
const digestSize = 32;

/** Downloads `length` bytes and compares their SHA-256; reads `rate` bytes a second where given. Rejects where it broke. */
export async function download(options: {
  readonly target: Target;
  readonly length: number;
  readonly rate?: number;
  readonly tally: Tally;
  readonly signal?: AbortSignal;
}): Promise<void> {
  const { target, length, rate, tally, signal } = options;
  const hash = createHash('sha256');
  let seen = 0;
  let digest = Buffer.alloc(0);
  await ask(target, {
    path: `/down?n=${length}`,
    patienceMs,
    ...(signal === undefined ? {} : { signal }),
    onChunk(chunk, response) {
      const content = chunk.subarray(0, Math.max(0, length - seen));
      hash.update(content);
      seen += chunk.length;
      if (content.length < chunk.length) digest = Buffer.concat([digest, chunk.subarray(content.length)]);
      if (rate === undefined) return;
      response.pause();
      setTimeout(() => response.resume(), (chunk.length / rate) * 1000);
    },
  });
  tally.add('bytes', length);
  if (seen !== length + digestSize || !hash.digest().equals(digest))
    tally.wrong.push(`${target.name}: a download of ${length} bytes came as ${seen - digestSize} others`);
}

/** Uploads `length` bytes and compares what the server counted; it reads `rate` bytes a second where given. */
export async function upload(options: {
  readonly target: Target;
  readonly length: number;
  readonly rate?: number;
  readonly tally: Tally;
  readonly signal?: AbortSignal;
}): Promise<void> {
  const { target, length, rate = 0, tally, signal } = options;
  const block = randomBytes(32 * 1024);
  const hash = createHash('sha256');
  let answer = '';
  await ask(target, {
    path: `/up?rate=${rate}`,
    patienceMs,
    ...(signal === undefined ? {} : { signal }),
    onChunk: (chunk) => {
      answer += chunk.toString();
    },
    send(request) {
      let at = 0;
      const go = () => {
        while (at < length && !request.destroyed) {
          const chunk = Buffer.from(block.subarray(0, Math.min(block.length, length - at)));
          if (chunk.length >= 4) chunk.writeUInt32LE(at, 0);
          hash.update(chunk);
          at += chunk.length;
          if (!request.write(chunk)) {
            request.once('drain', go);
            return;
          }
        }
        request.end();
      };
      go();
    },
  });
  tally.add('bytes', length);
  const sha = hash.digest('hex');
  if (answer !== JSON.stringify({ length, sha }))
    tally.wrong.push(`${target.name}: an upload of ${length} bytes was answered ${answer}`);
}
