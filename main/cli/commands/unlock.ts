import { command } from '../../model/command.ts';
import { timeLeft } from '../../model/time-left.ts';
import { withConfirmation } from '../confirm-production.ts';
import { minutesFrom } from '../duration.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable } from '../terminal.ts';

export interface UnlockFlags {
  readonly reason: string;
  readonly for?: string;
}

/**
 * Lets the user write to a production cluster that opens read-only. The desktop app asks them; without it, the terminal does.
 * No flag confirms it.
 */
export async function runUnlock(
  session: Session,
  cluster: string,
  { reason, for: time }: UnlockFlags,
): Promise<number> {
  const { client, json, progress, signal } = session;
  const minutes = time === undefined ? undefined : minutesFrom(time);
  const { result } = await withConfirmation({
    session,
    confirmed: undefined,
    about: 'unlock',
    act(confirmed) {
      progress.update(`Unlocking ${cluster}: the desktop app may ask you`);
      const input = { cluster, reason, ...(minutes === undefined ? {} : { minutes }), ...confirmed };
      return client.call('unlock', input, { signal });
    },
  });
  progress.end();
  if (json) writeJson(result);
  else
    writeLines([
      `${printable(cluster)} is unlocked for ${timeLeft(result.until, Date.now())}, as ${printable(result.who)}.`,
      `  Lock it earlier: ${printable(command`k8s-tunnels lock ${cluster}`)}`,
    ]);
  return exitCodes.ok;
}

/** Ends the unlocks of these clusters. */
export async function runLock(session: Session, which: readonly string[] | 'all'): Promise<number> {
  const { client, json, progress } = session;
  progress.update('Locking');
  const result = await client.call('lock', { clusters: which === 'all' ? which : [...which] });
  progress.end();
  if (json) writeJson(result);
  else if (result.locked.length === 0) writeLines(['No production cluster was unlocked.']);
  else writeLines(result.locked.map(({ title }) => `${printable(title)} is read-only again.`));
  return exitCodes.ok;
}
