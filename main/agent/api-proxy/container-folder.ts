import { AppError } from '../../model/app-error.ts';
import { privateFolder } from '../storage/private-folder.ts';

/**
 * Creates the folder of a container, or makes sure that it is a real one of this account that nobody else can open or
 * replace. Rejects with `file-unwritable`.
 */
export async function containerFolder(folder: string): Promise<void> {
  try {
    await privateFolder(folder, { shared: true });
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    // The hint of the agent's own folder names a variable that has nothing to do with this one.
    throw new AppError(cause.code, cause.message, { hint: 'Name a new folder in your home folder.', cause });
  }
}
