import { lstatSync, readFileSync, type Stats } from 'node:fs';

/** The fields of `Stats` that a check of ownership needs. */
export interface Owned {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Returns true if it belongs to the account of this process. Always true on Windows, where `Stats` has no owner. */
export function isOurs({ uid }: Pick<Owned, 'uid'>): boolean {
  return process.getuid === undefined || uid === process.getuid();
}

/**
 * As `isOurs`. For the administrator, accepts what belongs to the owner of the folder too: `sudo` keeps HOME on macOS,
 * and kubectl then looks for that account's agent.
 */
export function isOursIn(folder: string, stats: Pick<Owned, 'uid'>): boolean {
  if (isOurs(stats)) return true;
  return process.getuid?.() === 0 && lstatSync(folder, { throwIfNoEntry: false })?.uid === stats.uid;
}

/** Returns true if it belongs to the account of this process or to the administrator. Always true on Windows. */
export function isOursOrRoot(stats: Pick<Owned, 'uid'>): boolean {
  return isOurs(stats) || stats.uid === 0;
}

/**
 * Returns true if its mode lets other accounts write to it or replace what is in it: in a folder with the sticky bit
 * only the owner of a file can replace it (Kubernetes mounts secrets this way). `isGroupTrusted` decides about its
 * group.
 */
export function isWritableByOthers(stats: Stats, isGroupTrusted: () => boolean): boolean {
  const { mode } = stats;
  if (stats.isDirectory() && (mode & 0o1000) !== 0) return false;
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isGroupTrusted());
}

/** Formats an account for an error: `the account alice (uid 1001)`. */
export function accountName(uid: number): string {
  const name = accounts().find((account) => account.uid === uid)?.name;
  return name === undefined ? `the account with uid ${uid}` : `the account ${name} (uid ${uid})`;
}

/**
 * Returns true if a group has no member but the account of this process. Systems with a umask of 002 give each account
 * such a group, so only one account can write to a file that its group may write to. Returns false if the account files
 * do not say.
 */
export function isPrivateGroup(gid: number): boolean {
  const own = accounts().find(({ uid }) => uid === process.getuid?.());
  if (own === undefined || own.gid !== gid) return false;
  if (accounts().some((account) => account.gid === gid && account.uid !== own.uid)) return false;
  const group = lines('/etc/group').find(([, , id]) => id === String(gid));
  return (
    group?.[0] === own.name && (group[3] ?? '').split(',').every((member) => ['', own.name].includes(member))
  );
}

function accounts() {
  return lines('/etc/passwd').map(([name = '', , uid, gid]) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
  }));
}

function lines(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter(({ length }) => length > 3);
  } catch {
    return [];
  }
}
