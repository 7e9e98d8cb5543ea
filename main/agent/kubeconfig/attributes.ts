import { execFile } from 'node:child_process';
import { constants, copyFile, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where every Linux has coreutils' `cp`. Not from PATH: another program of that name would get the kubeconfig's. */
const copyProgram = '/bin/cp';
/** It copies in a millisecond. */
const limitMs = 2_000;

/**
 * Copies what Node has no function for from a file to an empty new one: extended attributes, and with them the access
 * list and the security label. Does nothing where that cannot be done (no coreutils, a file system without): the file is
 * then as if it were new. Never rejects.
 */
export async function copyAttributes(from: string, to: string): Promise<void> {
  try {
    if (process.platform === 'linux') {
      await run(copyProgram, ['--attributes-only', '--preserve=all', '--', from, to], {
        timeout: limitMs,
        env: {},
      });
    } else if (process.platform === 'darwin') {
      // libuv uses copyfile(3) with COPYFILE_ALL there, which copies them with the content.
      await unlink(to);
      await copyFile(from, to, constants.COPYFILE_EXCL);
    }
  } catch {
    // Some attributes may need more rights than the file itself.
  }
}
