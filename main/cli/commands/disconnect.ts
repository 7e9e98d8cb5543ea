import { kubectlLine } from '../current-context-line.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable, warningLine } from '../terminal.ts';

/** Closes the tunnels of the named clusters, or of all, and restores the previous context. */
export async function runDisconnect(session: Session, clusters: readonly string[] | 'all'): Promise<number> {
  const { client, json, progress, place } = session;
  progress.update('Disconnecting');
  const result = await client.call('disconnect', {
    place,
    clusters: clusters === 'all' ? clusters : [...clusters],
  });
  progress.end();
  if (json) writeJson(result);
  else {
    const closed = result.closed.map(({ title }) => `✓ ${printable(title)}  disconnected`);
    writeLines(closed.length === 0 ? ['Nothing was connected.'] : [...closed, kubectlLine(result.kubectl)]);
    writeAside(result.warnings.map(warningLine));
  }
  return exitCodes.ok;
}
