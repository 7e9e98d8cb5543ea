import { readFile, rename, unlink } from 'node:fs/promises';
import { AppError, errnoOf } from '../app-error.ts';
import { commandLine } from '../command.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { isSealed, type Sealer } from './sealer.ts';

/** A file of ours (0600) that holds sign-ins: sealed where there is a keychain. */
export interface SignInFile {
  readonly path: string;
  /** Where it is kept, for people. */
  readonly store: string;
  /**
   * The text, or undefined where there is none. What was written before there was a keychain is sealed now; what cannot
   * be opened is set aside as `<file>.unreadable`. Rejects with `login-sealed` where the desktop app has the key, and
   * with `file-unreadable`.
   */
  read(): Promise<string | undefined>;
  /** Says so where it takes the place of what the desktop app has sealed. */
  write(text: string): Promise<void>;
  /** Whether there was one. */
  remove(): Promise<boolean>;
}

export function openSignInFile(options: {
  readonly path: string;
  readonly sealer: Sealer;
  /** What is signed in to, and the words that do it again after `k8s-tunnels`. */
  readonly title: string;
  readonly login: string;
  /** Tells the person. */
  readonly notice: (message: string) => void;
}): SignInFile {
  const { path: file, sealer, title, login, notice } = options;
  /** One after another: sealing what was read must not undo what is written meanwhile. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  const put = async (text: string) =>
    writeFileAtomic(file, sealer.kind === 'keychain' ? await sealer.seal(text) : text);

  return {
    path: file,
    store:
      sealer.kind === 'keychain'
        ? `your keychain (its key seals ${file})`
        : `${file}, which only you can read`,
    read: () =>
      inTurn(async () => {
        const text = await readText(file);
        if (text === undefined) return undefined;
        if (!isSealed(text)) {
          // It can be read, and so be used, even where it cannot be written.
          if (sealer.kind === 'keychain') await put(text).catch(() => {});
          return text;
        }
        if (sealer.kind !== 'keychain') throw sealed({ sealer, title, login });
        try {
          return await sealer.open(text);
        } catch {
          await rename(file, `${file}.unreadable`);
          notice(
            `Your sign-in to ${title} cannot be opened with the key in your keychain; it is kept as ${file}.unreadable. Run \`${commandLine('k8s-tunnels', login.split(' '))}\`.`,
          );
          return undefined;
        }
      }),
    write: (text) =>
      inTurn(async () => {
        const before = await readText(file).catch(() => undefined);
        await put(text);
        if (sealer.kind !== 'keychain' && before !== undefined && isSealed(before)) {
          notice(
            `Your sign-in to ${title} that the desktop app had sealed was replaced. The new one is in ${file}, which only you can read; the app seals it at its next start.`,
          );
        }
      }),
    remove: () =>
      inTurn(() =>
        unlink(file).then(
          () => true,
          (error: unknown) => {
            if (errnoOf(error) !== 'ENOENT') throw error;
            return false;
          },
        ),
      ),
  };
}

/** Whether a sign-in is there that only the desktop app can open. */
export function isSealedError(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'login-sealed';
}

function sealed(options: {
  readonly sealer: Exclude<Sealer, { kind: 'keychain' }>;
  readonly title: string;
  readonly login: string;
}): AppError {
  const { sealer, title, login } = options;
  const again = `or run \`${commandLine('k8s-tunnels', login.split(' '))}\` to sign in anew`;
  return sealer.kind === 'headless'
    ? new AppError('login-sealed', `Your sign-in to ${title} is held by the desktop app.`, {
        hint: `Start the k8s-tunnels app, which has the key, ${again}.`,
      })
    : new AppError('login-sealed', `Your sign-in to ${title} is sealed, and the keychain is not there.`, {
        hint: `Unlock your keychain and start the k8s-tunnels app again, ${again}.`,
      });
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return undefined;
    throw new AppError('file-unreadable', `${file} could not be read (${errno ?? 'unknown error'}).`, {
      hint: 'Check that you own the file and may read it.',
      cause,
    });
  }
}
