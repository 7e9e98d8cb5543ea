import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError } from '../../model/app-error.ts';
import { maxBytes } from './source.ts';

/**
 * Returns the bytes of a file of at most 1 MB that passes `check`. The check and the read use the same file handle.
 * Rejects with `bad-input`, as `check` throws, or with the system's own error.
 */
export async function readRegularFile(
  file: string,
  check: (stats: Stats) => void = () => {},
): Promise<Buffer> {
  // Opening a pipe must not block.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new AppError('bad-input', `${file} is not a file.`);
    if (stats.size > maxBytes) throw new AppError('bad-input', `${file} is longer than 1 MB.`);
    check(stats);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
