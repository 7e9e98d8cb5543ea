import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { accountName, isOursIn } from '../../agent/storage/owner.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';

/**
 * Checks the file at the socket's path without following links: in a shared parent folder, another account may have put
 * something there before the agent. Returns the socket's stats, or undefined if there is no file, as for Windows'
 * pipes. `state` is the agent's state folder.
 * Throws `agent-foreign` with the path, its owner and the fix.
 */
export function socketFile(socket: string, state: string): Stats | undefined {
  if (process.platform === 'win32') return undefined;
  const folder = dirname(socket);
  const place = look(folder);
  if (place === undefined) return undefined;
  refuseForeign(state, folder, place);
  if (!place.isDirectory()) throw notOurs(folder, 'is not a folder', 'Move it away and try again.');
  const file = look(socket);
  if (file === undefined) return undefined;
  refuseForeign(state, socket, file);
  if (!file.isSocket()) throw notOurs(socket, 'is not a socket', 'Move it away and try again.');
  return file;
}

function look(place: string): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch (cause) {
    // A parent is a file, or may not be entered: opening the socket reports which.
    if (errnoOf(cause) === 'ENOTDIR' || errnoOf(cause) === 'EACCES') return undefined;
    throw cause;
  }
}

function refuseForeign(state: string, place: string, stats: Stats): void {
  if (isOursIn(state, stats)) return;
  const hint = 'Ask that account or an administrator to remove it, then try again.';
  throw notOurs(place, `belongs to ${accountName(stats.uid)}`, hint);
}

function notOurs(place: string, why: string, hint: string): AppError {
  return new AppError('agent-foreign', `${place} ${why}, so no agent of yours is behind it.`, { hint });
}
