import { exitCodes } from '../exit-codes.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { printable, warningLine } from '../terminal.ts';
import { kubectlLine } from './connect.ts';

/** Takes the clusters named, or all, out of the kubeconfig, which then is as it was without them. */
export async function runForget(session: Session, clusters: readonly string[] | 'all'): Promise<number> {
  const { client, json, progress, place } = session;
  progress.update('Forgetting');
  const result = await client.call('forget', {
    place,
    clusters: clusters === 'all' ? clusters : [...clusters],
  });
  progress.end();
  if (json) writeJson(result);
  else {
    const forgotten = result.forgotten.map(({ title }) => `✓ ${printable(title)}  forgotten`);
    writeLines(
      forgotten.length === 0
        ? ['The kubeconfig holds none of these.']
        : [...forgotten, kubectlLine(result.kubectl)],
    );
    writeAside(result.warnings.map(warningLine));
  }
  return exitCodes.ok;
}
