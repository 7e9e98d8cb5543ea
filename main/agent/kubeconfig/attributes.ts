import { execFile } from 'node:child_process';
import { constants, copyFile, type FileHandle, open, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where every Linux has coreutils' `cp`. Not from PATH: another program of that name would get the kubeconfig's. */
const copyProgram = '/bin/cp';
/** It copies in a millisecond. */
const limitMs = 2_000;

/** The parts of a file's status that say whether its attributes may have changed. */
export interface AttributesStatus {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A new file, 0600, that may be written while it gets its attributes. */
export interface Like {
  readonly handle: FileHandle;
  /** Resolves when the attributes are copied. Never rejects. */
  readonly copied: Promise<void>;
  /** True if there are none to copy. */
  readonly isBare: boolean;
}

/**
 * Gives a file that replaces another what Node has no function for: extended attributes, and with them the access list and
 * the security label. That takes a program on Linux, and starting one takes longer than all else of an edit. So it
 * remembers which files have none.
 */
export interface Attributes {
  /**
   * Creates `file` with the attributes of another, as far as that can be done: without coreutils, on a file system without
   * attributes, or where more rights are needed, it is as if it were new. Rejects if it cannot be created.
   */
  createLike(
    other: { readonly file: string; readonly status: AttributesStatus } | undefined,
    file: string,
  ): Promise<Like>;
  /** Call it after a created file has taken the place of another. */
  replaced(file: string, status: AttributesStatus | undefined, isBare: boolean): void;
  /** Call it with what a reader has seen: somebody may have set an attribute. */
  seen(file: string, status: AttributesStatus | undefined): void;
}

/** `copy` runs `cp` with these arguments. Resolves with false if it fails. */
export function createAttributes(
  copy: (args: readonly string[]) => Promise<boolean> = copyWithProgram,
  platform: NodeJS.Platform = process.platform,
): Attributes {
  const bare = new Map<string, AttributesStatus>();
  /** Files that had attributes once. */
  const marked = new Set<string>();

  const isBare = (file: string, status: AttributesStatus) => {
    const known = bare.get(file);
    if (known?.dev !== status.dev || known.ino !== status.ino || mayHaveList(status)) return false;
    // Who sets an attribute changes one of the two times, and who writes the file changes both.
    return status.ctimeMs === known.ctimeMs || status.ctimeMs === status.mtimeMs;
  };

  return {
    async createLike(other, file) {
      const none = { copied: Promise.resolve(), isBare: true };
      if (platform === 'darwin' && other !== undefined)
        return { ...none, handle: await copyEmpty(other.file, file), isBare: false };
      const handle = await open(file, 'wx', 0o600);
      if (platform !== 'linux' || other === undefined || isBare(other.file, other.status))
        return { ...none, handle };
      const copyAll = async () => {
        // Not the times: the new file is new. `all` does not fail where one of them cannot be kept.
        const kinds = ['--preserve=all', '--no-preserve=timestamps'];
        await copy(['--attributes-only', ...kinds, '--', other.file, file]);
      };
      if (marked.has(other.file) || mayHaveList(other.status))
        return { handle, copied: copyAll(), isBare: false };
      // It leaves a file alone if there is nothing to copy.
      const before = await handle.stat({ bigint: true });
      const isDone = await copy(['--attributes-only', '--preserve=xattr', '--', other.file, file]);
      if (isDone && (await handle.stat({ bigint: true })).ctimeNs === before.ctimeNs)
        return { ...none, handle };
      marked.add(other.file);
      return { handle, copied: copyAll(), isBare: false };
    },
    replaced(file, status, isBareNow) {
      if (isBareNow && status !== undefined) bare.set(file, status);
      else bare.delete(file);
    },
    seen(file, status) {
      if (status === undefined || !isBare(file, status)) bare.delete(file);
    },
  };
}

/** Without rights for its group, the access list of a file gives nobody any: they are the most that it gives (acl(5)). */
function mayHaveList({ mode }: AttributesStatus): boolean {
  return (mode & 0o070) !== 0;
}

async function copyWithProgram(args: readonly string[]): Promise<boolean> {
  return run(copyProgram, [...args], { timeout: limitMs, env: {} }).then(
    () => true,
    () => false,
  );
}

/** On macOS, libuv copies with copyfile(3) and COPYFILE_ALL, which copies the attributes with the content. */
async function copyEmpty(from: string, to: string): Promise<FileHandle> {
  await copyFile(from, to, constants.COPYFILE_EXCL).catch(() => unlink(to).catch(() => {}));
  const handle = await open(to, constants.O_RDWR | constants.O_CREAT, 0o600);
  await handle.truncate(0);
  return handle;
}
