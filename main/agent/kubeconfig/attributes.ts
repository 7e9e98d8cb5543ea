import { execFile } from 'node:child_process';
import { constants, copyFile, type FileHandle, open, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where every Linux has coreutils' `cp`. Not from PATH: another program of that name would get the kubeconfig's. */
const copyProgram = '/bin/cp';
/** It copies in a millisecond. */
const limitMs = 2_000;

/**
 * Creates an empty file, 0600, that gets what Node has no function for from another: extended attributes, and with them the
 * access list and the security label. Starts a program for it on Linux: nothing that Node can call says whether a file has
 * any. `copied` resolves when that is done, and meanwhile the file may be written. It never rejects: where the attributes
 * cannot be copied (no coreutils, a file system without, more rights needed), the file is as if it were new. Rejects if the
 * file cannot be created.
 */
export async function createLike(
  from: string | undefined,
  file: string,
): Promise<{ readonly handle: FileHandle; readonly copied: Promise<void> }> {
  const handle = await open(file, 'wx', 0o600);
  if (from === undefined) return { handle, copied: Promise.resolve() };
  if (process.platform === 'linux') return { handle, copied: copyWithProgram(from, file) };
  if (process.platform !== 'darwin') return { handle, copied: Promise.resolve() };
  await handle.close();
  // libuv uses copyfile(3) with COPYFILE_ALL there, which copies them with the content.
  await unlink(file);
  const isCopy = await copyFile(from, file, constants.COPYFILE_EXCL).then(
    () => true,
    () => false,
  );
  const opened = await open(file, isCopy ? 'r+' : 'wx', 0o600);
  await opened.truncate(0);
  return { handle: opened, copied: Promise.resolve() };
}

async function copyWithProgram(from: string, to: string): Promise<void> {
  // Not the times: the new file is new. `all` does not fail where one of them cannot be kept.
  const args = ['--attributes-only', '--preserve=all', '--no-preserve=timestamps', '--', from, to];
  await run(copyProgram, args, { timeout: limitMs, env: {} }).catch(() => {});
}
