import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Environment } from '../parts.ts';
import { unreadable } from '../storage/unreadable.ts';
import { untrustedParent } from '../storage/untrusted-parent.ts';
import { maxBytes } from './source.ts';

/**
 * The files that an organisation's configuration may name. Its author chooses both the file and the host that receives
 * the content. So only files in a folder made for that purpose are allowed.
 */
export interface OrganisationFiles {
  /**
   * Returns the content, or undefined if there is no such file. `field` is for messages. Rejects with
   * `organisation-refused` if it is outside the folders or others can change it, with `bad-input` if it is not a file
   * or longer than `atMost` bytes (default 1 MB), or with `file-unreadable`.
   */
  read(file: string, field: string, atMost?: number): Promise<Buffer | undefined>;
}

/** The folders that may contain such files. */
export interface FileFolders {
  /**
   * Folders of the computer: they and all their parents belong to an administrator, and nobody else can write to them.
   */
  readonly system: readonly string[];
  /** The user's own folder, for computers where the user has no administrator rights: 0700. */
  readonly own: string;
}

/**
 * Returns the folders of this system. `/run/secrets` alone is too wide: other programs store secrets there too.
 * Kubernetes mounts the service account below `/var/run/secrets/kubernetes.io`
 * (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
 */
export function fileFolders(
  { env, config }: { readonly env: Environment; readonly config: string },
  platform: NodeJS.Platform = process.platform,
): FileFolders {
  return { system: systemFolders(env, platform), own: path.join(config, 'organisation-files') };
}

function systemFolders(env: Environment, platform: NodeJS.Platform): readonly string[] {
  switch (platform) {
    case 'win32':
      return [path.win32.join(env.ProgramData ?? 'C:\\ProgramData', 'k8s-tunnels')];
    case 'darwin':
      return ['/Library/Application Support/k8s-tunnels', '/etc/k8s-tunnels'];
    default:
      return [
        '/etc/k8s-tunnels',
        '/run/secrets/k8s-tunnels',
        '/run/secrets/kubernetes.io',
        '/var/run/secrets/k8s-tunnels',
        '/var/run/secrets/kubernetes.io',
      ];
  }
}

/** The allowed owners. On Windows the folders' access lists decide, which the administrator has to set. */
interface Owners {
  /** User ids of administrators. */
  readonly administrators: readonly number[];
  /** Undefined where the system has no user ids. */
  readonly user: number | undefined;
}

export function createOrganisationFiles(
  folders: FileFolders,
  owners: Owners = { administrators: [0], user: process.getuid?.() },
): OrganisationFiles {
  const refused = (file: string, field: string, reason: string, fix?: string) =>
    new AppError(
      'organisation-refused',
      `${file} (${field} of your organisation's configuration) is not used: ${reason}.`,
      {
        hint:
          fix ??
          `Put the file below ${folders.system[0]} as an administrator, or into ${folders.own}${owners.user === undefined ? '' : ' (chmod 700)'}, and name it there.`,
      },
    );

  /** Returns the folder that contains the file, both as real paths, or undefined. */
  const holderOf = async (real: string): Promise<{ folder: string; isOwn: boolean } | undefined> => {
    for (const given of [...folders.system, folders.own]) {
      const isOwn = given === folders.own;
      // The user's own folder must not be a link: its target would be up to the link's creator.
      if (isOwn && !(await lstat(given).catch(() => undefined))?.isDirectory()) continue;
      const folder = await realpath(given).catch(() => undefined);
      if (folder !== undefined && isBelow(real, folder)) return { folder, isOwn };
    }
    return undefined;
  };

  const checkParents = async (
    real: string,
    holder: { folder: string; isOwn: boolean },
    refuse: (reason: string, fix: string) => AppError,
  ) => {
    if (owners.user === undefined) return;
    const { folder, isOwn } = holder;
    const found = await untrustedParent(
      real,
      isOwn ? [...owners.administrators, owners.user] : owners.administrators,
      (parent) => isOwn && parent !== folder && !isBelow(parent, folder),
    );
    if (isOwn && found?.parent !== folder && ((await lstat(folder)).mode & 0o077) !== 0)
      throw refuse(`${folder} is open to other users`, `Close it: ${command`chmod 700 ${folder}`}`);
    if (found === undefined) return;
    const { parent, why } = found;
    switch (why) {
      case 'not-a-folder':
        throw refuse(`${parent} is not a folder`, 'Name the file by its own path.');
      case 'owner':
        throw refuse(
          `${parent} does not belong to ${isOwn ? 'you' : 'root'}`,
          `Make it so: ${isOwn ? command`chown "$USER" ${parent}` : command`chown root ${parent}`}`,
        );
      case 'writable':
        throw refuse(`other users can write to ${parent}`, `Make it so: ${command`chmod go-w ${parent}`}`);
    }
  };

  const checkFile = (
    stats: Stats,
    real: string,
    field: string,
    atMost: number,
    refuse: (reason: string, fix: string) => AppError,
  ) => {
    if (!stats.isFile()) throw new AppError('bad-input', `${real} (${field}) is not a file.`);
    if (stats.size > atMost)
      throw new AppError('bad-input', `${real} (${field}) is longer than ${atMost / 1024 / 1024} MB.`);
    if (owners.user === undefined) return;
    if (!isOwnedBy(stats, [...owners.administrators, owners.user]))
      throw refuse(
        'it belongs to another user',
        `Make it yours or root's: ${command`chown "$USER" ${real}`}`,
      );
    if ((stats.mode & 0o022) !== 0)
      throw refuse('other users can write to it', `Make it so: ${command`chmod go-w ${real}`}`);
    // The other name may belong to a file that was never meant for this.
    if (stats.nlink > 1) throw refuse('it has a second name (a hard link)', `Put a copy there: ${real}`);
  };

  return {
    async read(file, field, atMost = maxBytes) {
      const refuse = (reason: string, fix?: string) => refused(file, field, reason, fix);
      try {
        const real = await realpath(file);
        const holder = await holderOf(real);
        if (holder === undefined) throw refuse('it lies outside of the folders for such files');
        await checkParents(real, holder, refuse);
        // Check and read the same file handle. Opening a pipe must not block.
        const handle = await open(
          real,
          constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0),
        );
        try {
          checkFile(await handle.stat(), real, field, atMost, refuse);
          return await handle.readFile();
        } finally {
          await handle.close();
        }
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        const errno = errnoOf(cause);
        if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
        throw unreadable(file, cause, {
          named: ` (${field} of your organisation's configuration)`,
          hint: 'Make it readable for you alone.',
        });
      }
    },
  };
}

function isBelow(file: string, folder: string): boolean {
  const way = path.relative(folder, file);
  return way !== '' && !way.startsWith('..') && !path.isAbsolute(way);
}

function isOwnedBy({ uid }: Stats, owners: readonly number[]): boolean {
  return owners.includes(uid);
}
