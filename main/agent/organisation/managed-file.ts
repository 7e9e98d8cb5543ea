import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Environment } from '../parts.ts';
import { unreadable } from '../storage/unreadable.ts';
import { untrustedParent } from '../storage/untrusted-parent.ts';
import { readRegularFile } from './regular-file.ts';

export interface ManagedFile {
  readonly file: string;
  /** Whether the user may own it, and not only root. */
  readonly isOwn: boolean;
}

/**
 * Returns the path where administrators put an organisation's configuration. K8S_TUNNELS_MANAGED_CONFIG overrides it,
 * for tests: a user who runs the agent controls its environment and its program anyway. The managed file guides users
 * and keeps out other accounts of the computer. It is no security boundary against the user.
 */
export function managedFile(env: Environment, platform: NodeJS.Platform = process.platform): ManagedFile {
  const named = env.K8S_TUNNELS_MANAGED_CONFIG;
  if (named !== undefined && path.isAbsolute(named)) return { file: named, isOwn: true };
  return { file: defaultPath(env, platform), isOwn: false };
}

function defaultPath(env: Environment, platform: NodeJS.Platform): string {
  switch (platform) {
    case 'win32':
      return path.win32.join(env.ProgramData ?? 'C:\\ProgramData', 'k8s-tunnels', 'organisation.yaml');
    case 'darwin':
      return '/Library/Application Support/k8s-tunnels/organisation.yaml';
    default:
      return '/etc/k8s-tunnels/organisation.yaml';
  }
}

/**
 * Returns the text, or undefined if there is no file. Rejects with `file-unreadable`, `bad-input` (too long), or on
 * Unix with `organisation-refused` if anybody but root could have written it or put it there. On Windows the folder's
 * access list decides, which the administrator has to set.
 */
export async function readManagedFile({ file, isOwn }: ManagedFile): Promise<string | undefined> {
  try {
    const real = await realpath(file);
    await checkParents(file, real, isOwn);
    const bytes = await readRegularFile(real, ({ uid, mode }) => {
      const trusted = uid === 0 || (isOwn && uid === process.getuid?.());
      if (process.platform === 'win32' || (trusted && (mode & 0o022) === 0)) return;
      throw new AppError(
        'organisation-refused',
        `${file} is not used: ${trusted ? 'users other than its owner may write to it' : 'it does not belong to root'}.`,
        {
          hint: `An administrator can fix it: ${command`chown root ${file}`} && ${command`chmod 644 ${file}`}`,
        },
      );
    });
    return bytes.toString('utf8');
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const errno = errnoOf(cause);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw unreadable(file, cause, {
      hint: 'Ask an administrator of this computer to make it readable: chmod 644.',
    });
  }
}

/** Checks the parent folders: write access to one of them is enough to replace the file. */
async function checkParents(file: string, real: string, isOwn: boolean): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  const found = await untrustedParent(real, isOwn ? [0, user] : [0], () => isOwn);
  if (found === undefined) return;
  const { parent, why } = found;
  const reason = why === 'writable' ? 'users other than its owner may write to' : 'root does not own';
  throw new AppError('organisation-refused', `${file} is not used: ${reason} its folder ${parent}.`, {
    hint: `An administrator can fix it: ${command`chown root ${parent}`} && ${command`chmod go-w ${parent}`}`,
  });
}
