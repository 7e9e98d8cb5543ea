import { stat, unlink, utimes } from 'node:fs/promises';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { commandLine } from '../../model/command.ts';
import { createSerialQueue } from '../async/serial-queue.ts';
import { readText as readWhole, replaceFile, whileBusy } from '../storage/busy-file.ts';
import { asidesOf, setAside } from '../storage/set-aside.ts';
import { unreadable } from '../storage/unreadable.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import { isSealed, type Sealer, saysNoKey } from './sealer.ts';

/** A file of ours (0600) that contains sessions, sealed if there is a keychain. */
export interface SignInFile {
  readonly path: string;
  /** The storage, in words for users. */
  readonly store: string;
  /**
   * Resolves with the text, or with undefined if there is none. Seals what was written before there was a keychain.
   * Sets aside what cannot be opened as `<file>.sealed`. The first call tries what was set aside before: the newest
   * that opens is used. Rejects with `login-sealed` if the desktop app has the key, and with `file-unreadable`.
   */
  read(): Promise<string | undefined>;
  /**
   * Writes the text. Sets aside the previous content if it cannot be opened, and reports it if the desktop app sealed
   * it.
   */
  write(text: string): Promise<void>;
  /** Removes the file and everything that was set aside for it. Resolves with true if there was anything. */
  remove(): Promise<boolean>;
}

/** The suffix of a session that no key opened. */
const suffix = 'sealed';

export function openSignInFile(options: {
  readonly path: string;
  readonly sealer: Sealer;
  /** The name of the service, and the arguments of `k8s-tunnels` that sign in again. */
  readonly title: string;
  readonly login: string;
  /** Notifies the user. */
  readonly notice: (message: string) => void;
}): SignInFile {
  const { path: file, sealer, title, login, notice } = options;
  let isRecovered = false;
  /** Run one after another: sealing what was read must not undo a write meanwhile. */
  const inTurn = createSerialQueue();
  const put = async (text: string) =>
    writeFileAtomic(file, sealer.kind === 'keychain' ? await sealer.seal(text) : text);
  const opened = async (text: string): Promise<string | undefined> => {
    if (!isSealed(text)) return text;
    return sealer.kind === 'keychain' ? sealer.open(text).catch(() => undefined) : undefined;
  };

  /**
   * Seals text again that was sealed by another key than the current one, or not at all. Keeps the file's age, which
   * shows the newer of two. The text can be read, and so used, even if it cannot be written.
   */
  const sealAgain = async (text: string, content: string) => {
    if (sealer.kind !== 'keychain' || sealer.isCurrent(text)) return;
    try {
      const { atime, mtime } = await stat(file);
      await put(content);
      await utimes(file, atime, mtime);
    } catch {
      // It stays unchanged.
    }
  };

  /** Restores the newest session that opens. Loses nothing that does not open. */
  const recover = async () => {
    // An older version set aside sessions without a key under the same suffix as files for other reasons.
    const asides = [...asidesOf(file, suffix), ...asidesOf(file)];
    const texts = await Promise.all(asides.map((aside) => readText(aside).catch(() => undefined)));
    const main = await readText(file).catch(() => undefined);
    const mainOpens = main !== undefined && (await opened(main)) !== undefined;
    const mainAge = await writtenAt(file);
    for (const [at, aside] of asides.entries()) {
      const text = texts[at];
      if (
        text === undefined ||
        !(isSealed(text) && (aside.startsWith(`${file}.${suffix}`) || saysNoKey(text)))
      )
        continue;
      if (mainOpens && (await writtenAt(aside)) <= mainAge) continue;
      if ((await opened(text)) === undefined) continue;
      if (main !== undefined && setAside(file, suffix) === undefined) return;
      await replaceFile(aside, file);
      notice(`Your earlier session with ${title} can be opened again, and is used.`);
      return;
    }
  };

  return {
    path: file,
    store:
      sealer.kind === 'keychain'
        ? `your keychain (its key seals ${file})`
        : `${file}, which only you can read`,
    read: () =>
      inTurn(async () => {
        if (sealer.kind === 'keychain' && !isRecovered) {
          isRecovered = true;
          await recover();
        }
        const text = await readText(file);
        if (text === undefined) return undefined;
        const content = await opened(text);
        if (content !== undefined) {
          await sealAgain(text, content);
          return content;
        }
        if (sealer.kind !== 'keychain') throw sealed({ sealer, title, login });
        const aside = setAside(file, suffix);
        notice(
          `Your session with ${title} cannot be opened with the keys in your keychain. It is kept as ${aside ?? file}, and used again when its key is back at a start of the app. To go on now, run \`${commandLine('k8s-tunnels', login.split(' '))}\`.`,
        );
        return undefined;
      }),
    write: (text) =>
      inTurn(async () => {
        const before = await readText(file).catch(() => undefined);
        const isLost = before !== undefined && (await opened(before)) === undefined;
        const aside = isLost ? setAside(file, suffix) : undefined;
        try {
          await put(text);
        } catch (error) {
          if (aside !== undefined) await replaceFile(aside, file).catch(() => {});
          throw error;
        }
        if (sealer.kind !== 'keychain' && isLost) {
          notice(
            `Your session with ${title}, which the desktop app had sealed, was replaced. The new one is in ${file}, which only you can read; the app seals it at its next start.`,
          );
        }
      }),
    remove: () =>
      inTurn(async () => {
        const all = [file, ...asidesOf(file, suffix), ...asidesOf(file)];
        const removed = await Promise.all(all.map(unlinked));
        return removed.some((was) => was);
      }),
  };
}

async function unlinked(file: string): Promise<boolean> {
  try {
    await whileBusy('replace', () => unlink(file));
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

async function writtenAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Returns true if the error means that only the desktop app can open the session. */
export function isSealedError(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'login-sealed';
}

function sealed(options: {
  readonly sealer: Exclude<Sealer, { kind: 'keychain' }>;
  readonly title: string;
  readonly login: string;
}): AppError {
  const { sealer, title, login } = options;
  const again = `or run \`${commandLine('k8s-tunnels', login.split(' '))}\` to sign in again`;
  return sealer.kind === 'headless'
    ? new AppError('login-sealed', `Your session with ${title} is held by the desktop app.`, {
        hint: `Start the k8s-tunnels app, which has the key, ${again}.`,
      })
    : new AppError(
        'login-sealed',
        `Your session with ${title} is sealed, and the keychain is not available.`,
        {
          hint: `Unlock your keychain and start the k8s-tunnels app again, ${again}.`,
        },
      );
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readWhole(file);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
}
