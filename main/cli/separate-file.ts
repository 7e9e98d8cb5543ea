import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../model/app-error.ts';
import { separateMark } from '../model/separate-mark.ts';

/** What is in the folder of a container, besides its sockets. */
export const containerFiles = { kubeconfig: 'kubeconfig', relay: 'relay.cjs', ignore: '.gitignore' } as const;

/** Resolves with true if the file is a separate kubeconfig of ours. Rejects with `file-unreadable`. */
export async function isSeparateFile(file: string): Promise<boolean | 'missing'> {
  try {
    return (await readFile(file, 'utf8')).startsWith(separateMark);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return 'missing';
    throw new AppError('file-unreadable', `${file} cannot be read (${errnoOf(cause) ?? 'unknown error'}).`, {
      hint: 'Name another file.',
      cause,
    });
  }
}

/** Rejects if the file exists and is not one of ours. */
export async function refuseForeignFile(file: string): Promise<void> {
  if ((await isSeparateFile(file)) !== false) return;
  throw new AppError('bad-input', `${file} exists, and k8s-tunnels has not written it.`, {
    hint: 'Name a new file, or remove that one first.',
  });
}

/** Rejects if the folder has anything in it and is not one of ours: its permissions would be changed. */
export async function refuseForeignFolder(folder: string): Promise<void> {
  if ((await isSeparateFile(path.join(folder, containerFiles.kubeconfig))) === true) return;
  const names = await readdir(folder).catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw new AppError('bad-input', `${folder} is not a folder that can be used (${errnoOf(cause)}).`, {
      hint: 'Name a new folder.',
      cause,
    });
  });
  if (names.length > 0)
    throw new AppError('bad-input', `${folder} is not empty, and k8s-tunnels has not written it.`, {
      hint: 'Name a new folder: it must hold nothing else.',
    });
}
