import { stat } from 'node:fs/promises';

/**
 * Returns a value that changes with a file's content, without reading it: inode, size and both times, to the
 * nanosecond. A file that cannot be read has the same stamp as a missing one.
 */
export async function fileStamp(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'none';
  }
}
