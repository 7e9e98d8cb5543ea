import { kubectlLine } from '../current-context-line.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable, warningLine } from '../terminal.ts';

/** Removes the contexts of the named clusters, or of all, from the kubeconfig, and closes their tunnels. */
export async function runRemove(session: Session, clusters: readonly string[] | 'all'): Promise<number> {
  const { client, json, progress, place } = session;
  progress.update('Removing contexts from the kubeconfig');
  const result = await client.call('forget', {
    place,
    clusters: clusters === 'all' ? clusters : [...clusters],
  });
  progress.end();
  // A kubeconfig that cannot be written: the tunnels are closed, and the warnings say what is left to do.
  const isLeft = result.forgotten.length === 0 && result.warnings.length > 0;
  if (json) writeJson(result);
  else {
    const removed = result.forgotten.map(({ title }) => `✓ ${printable(title)}  removed from the kubeconfig`);
    writeLines(
      removed.length > 0
        ? [...removed, kubectlLine(result.kubectl)]
        : isLeft
          ? []
          : ['The kubeconfig has no context of these clusters.'],
    );
    writeAside(result.warnings.map(warningLine));
  }
  return isLeft ? exitCodes.failed : exitCodes.ok;
}
