import { randomBytes } from 'node:crypto';
import { mkdir, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { busyHint, isBusy, replaceFile } from './busy-file.ts';
import { flush } from './flush.ts';

/**
 * Writes `text` to `file` so that a reader sees the old bytes or the new, never a mixture: writes a 0600 temporary file
 * in the same folder, flushes and renames it. Creates the folder (0700) if it is missing. On Windows, waits up to ten
 * seconds while another program has the old file open. Without `isFlushed`, a power failure may leave an empty file, which
 * must not matter: a flush takes longer than all the rest.
 * Rejects with `disk-full` or `file-unwritable`. The old file is then intact, and no temporary file is left.
 */
export async function writeFileAtomic(
  file: string,
  text: string | Uint8Array,
  { isFlushed = true, ...options }: Parameters<typeof replaceFile>[2] & { readonly isFlushed?: boolean } = {},
): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(temporary, 'wx', 0o600).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return open(temporary, 'wx', 0o600);
    });
    try {
      await handle.writeFile(text);
      if (isFlushed) await flush(handle);
    } finally {
      await handle.close();
    }
    await replaceFile(temporary, file, options);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw unwritable(file, cause, options.platform);
  }
}

/** Converts a failed write into an AppError: `disk-full` or `file-unwritable`. */
export function unwritable(file: string, cause: unknown, platform?: NodeJS.Platform): AppError {
  const errno = errnoOf(cause);
  if (isBusy(cause, platform)) {
    return new AppError(
      'file-unwritable',
      `${file} was not written: another program has it open (${errno}).`,
      {
        hint: busyHint,
        retryable: true,
        cause,
      },
    );
  }
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new AppError('disk-full', `The disk is full: ${file} was not written and did not change.`, {
      hint: 'Free some space and try again.',
      retryable: true,
      cause,
    });
  }
  return new AppError('file-unwritable', `${file} could not be written (${errno ?? 'unknown error'}).`, {
    hint: `Check that you own ${path.dirname(file)} and may write to it.`,
    cause,
  });
}
