import { command } from '../../model/command.ts';
import type { Plan } from './plan.ts';
import { field } from './stanza.ts';
import type { Snapshot } from './write.ts';

/** Returns true if the file contains the password of a local port after this plan. */
export function holdsPassword({ state }: Plan): boolean {
  return (
    state?.stanzas.some(
      ({ item }) => field(item.cluster, 'proxy-url') !== undefined || field(item.user, 'token') !== undefined,
    ) === true
  );
}

export function modeWarnings(file: string, { status }: Snapshot): string[] {
  if (status === undefined || process.platform === 'win32' || (status.mode & 0o077) === 0) return [];
  const mode = status.mode.toString(8).padStart(4, '0');
  return [
    `${file} has mode ${mode}: other accounts of this computer can use the passwords in it. Run: ${command`chmod 600 ${file}`}`,
  ];
}

export function inPlaceWarning(file: string): string {
  return `${file} is a hard link, a mount or another user's: it was written in place, which a crash can cut short. A backup is kept.`;
}
