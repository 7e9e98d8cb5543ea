import type { Readable } from 'node:stream';
import { AppError } from '../../model/app-error.ts';

/**
 * Reads the next `size` bytes of a stream. What follows stays in the stream, which is left paused.
 * Rejects with `origin-failed` if the stream ends first, or with the stream's own error.
 */
export function readExactly(stream: Readable, size: number): Promise<Buffer> {
  if (size === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const finish = () => {
      stream.off('readable', attempt);
      stream.off('error', fail);
      stream.off('end', ended);
      stream.off('close', ended);
    };
    const fail = (error: Error) => {
      finish();
      reject(error);
    };
    const ended = () =>
      fail(new AppError('origin-failed', 'The connection was closed too early.', { retryable: true }));
    const attempt = () => {
      const bytes = stream.read(size) as Buffer | null;
      if (bytes === null) {
        if (stream.destroyed || stream.readableEnded) ended();
        return;
      }
      finish();
      if (bytes.length < size)
        reject(new AppError('origin-failed', 'The connection was closed too early.', { retryable: true }));
      else resolve(bytes);
    };
    stream.on('readable', attempt);
    stream.once('error', fail);
    stream.once('end', ended);
    stream.once('close', ended);
    attempt();
  });
}
