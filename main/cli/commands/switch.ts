import { withConfirmation } from '../confirm-production.ts';
import { kubectlLine } from '../current-context-line.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import { type Session, withAgent } from '../session.ts';
import { warningLine } from '../terminal.ts';

/** Runs `switch` with a cluster alone. Resolves with the exit code. */
export function switchTo(cluster: string): Promise<number> {
  return withAgent({ json: false }, (session) => runSwitch(session, cluster, {}));
}

/** Switches the current context to a connected cluster, for `minutes` if given. `-` restores the previous context. */
export async function runSwitch(
  session: Session,
  cluster: string,
  flags: { readonly production?: true | undefined; readonly minutes?: number | undefined },
): Promise<number> {
  const { client, json, progress, place } = session;
  const { minutes } = flags;
  const { result } = await withConfirmation({
    session,
    confirmed: flags.production,
    about: 'switch',
    act(confirmed) {
      progress.update(cluster === '-' ? 'Restoring the previous context' : `Switching to ${cluster}`);
      const input = { place, cluster, ...(minutes === undefined ? {} : { minutes }), ...confirmed };
      return client.call('switch', input);
    },
  });
  progress.end();
  if (json) writeJson(result);
  else {
    writeLines([kubectlLine(result.kubectl)]);
    writeAside((result.kubectl.warnings ?? []).map(warningLine));
  }
  return exitCodes.ok;
}
