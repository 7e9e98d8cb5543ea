import { lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import { accountName, isOursIn } from '../../agent/storage/owner.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';

/**
 * What lies at the socket's path, looked at without following a link: another account may have put something there
 * before the agent, where the folder lies in one that all share. Answers the socket, or undefined where nothing is.
 * `state` is the agent's folder of state.
 * Throws `agent-foreign`, naming the path, whose it is and the fix. On Windows a pipe has no file: answers undefined.
 */
export function socketFile(socket: string, state: string): Stats | undefined {
  if (process.platform === 'win32') return undefined;
  const folder = path.dirname(socket);
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
    // A file stands where a folder is wanted, or a folder above may not be entered: opening the socket says which.
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
