import type { Duplex } from 'node:stream';

/**
 * Reads from a stream until `take` has what it needs. What follows stays in the stream. `take` returns undefined while
 * it needs more. Rejects with what `take` throws, with `ended()` if the stream closes first, or with its error.
 */
export function readUntil<T>(
  stream: Duplex,
  take: (bytes: Buffer) => { readonly value: T; readonly used: number } | undefined,
  ended: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const finish = () => {
      stream.off('readable', look).off('error', fail).off('end', end).off('close', end);
    };
    const fail = (error: unknown) => {
      finish();
      reject(error);
    };
    const end = () => fail(ended());
    const look = () => {
      for (
        let chunk = stream.read() as Buffer | null;
        chunk !== null;
        chunk = stream.read() as Buffer | null
      ) {
        bytes = Buffer.concat([bytes, chunk]);
        try {
          const taken = take(bytes);
          if (taken === undefined) continue;
          finish();
          if (taken.used < bytes.length) stream.unshift(bytes.subarray(taken.used));
          resolve(taken.value);
        } catch (error) {
          fail(error);
        }
        return;
      }
      if (stream.destroyed || stream.readableEnded) end();
    };
    stream.on('readable', look).once('error', fail).once('end', end).once('close', end);
    look();
  });
}
