import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable, warningLine } from '../terminal.ts';

/** Replaces the passwords of the local ports of the named clusters, or of all. */
export async function runRotate(session: Session, clusters: readonly string[] | 'all'): Promise<number> {
  const { client, json, progress } = session;
  progress.update('Replacing passwords');
  const result = await client.call('rotate', { clusters: clusters === 'all' ? clusters : [...clusters] });
  progress.end();
  if (json) writeJson(result);
  else {
    const rotated = result.rotated.map(({ title }) => `✓ ${printable(title)}  new password`);
    writeLines(
      rotated.length === 0
        ? ['The kubeconfig has no password of these clusters.']
        : [...rotated, 'Programs that are running may need a restart to read the kubeconfig again.'],
    );
    writeAside(result.warnings.map(warningLine));
  }
  return exitCodes.ok;
}
