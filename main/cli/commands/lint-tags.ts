import { lintTags, type TagFinding } from '../../agent/catalog/lint-tags.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import { AppError } from '../../model/app-error.ts';
import { sources } from '../../model/sources.ts';
import { cellName, failedCells } from '../cluster-view.ts';
import { followDiscovery } from '../discovery-progress.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { shellFrom } from '../shell-flag.ts';
import { paint, printable } from '../terminal.ts';

/** Checks the tags of every cluster; prints what is wrong with each and the command that mends it. Changes nothing. */
export async function runLintTags(
  session: Session,
  flags: { readonly source?: string; readonly fresh?: true; readonly strict?: true; readonly shell?: string },
): Promise<number> {
  const source = flags.source === undefined ? undefined : sourceFrom(flags.source);
  const shell = shellFrom(flags.shell);
  const { clusters, cells } = await freshSnapshot(session, flags.fresh === true);
  const isWanted = (one: { readonly source: string }) => source === undefined || one.source === source;
  // A name or a host name may be that of a cluster of another source.
  const findings = lintTags(
    clusters.toSorted((a, b) => a.id.localeCompare(b.id)),
    shell,
  ).filter(({ cluster }) => isWanted(cluster));
  const checked = clusters.filter(isWanted);
  const failed = failedCells(cells).filter(isWanted);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const counts = { clusters: checked.length, errors, warnings: findings.length - errors };
  session.progress.end();
  if (session.json)
    writeJson({
      ...counts,
      findings: findings.map(({ cluster: { id, title, source, account, region }, ...finding }) => ({
        cluster: id,
        title,
        source,
        account,
        region,
        ...finding,
      })),
      failed,
    });
  else {
    writeLines(findings.flatMap(findingLines));
    writeAside([
      ...failed.map(
        (cell) =>
          `${paint('yellow', '!', process.stderr)} Not checked, since it could not be read: ${cellName(cell)}`,
      ),
      `${counted(counts.clusters, 'cluster')} checked: ${counted(errors, 'error')}, ${counted(counts.warnings, 'warning')}.`,
    ]);
  }
  return errors > 0 || (flags.strict === true && findings.length > 0) ? exitCodes.findings : exitCodes.ok;
}

function findingLines({ cluster, severity, message, hint, commands }: TagFinding): readonly string[] {
  const mark = severity === 'error' ? paint('red', '✗') : paint('yellow', '!');
  return [
    `${mark} ${paint('bold', printable(cluster.title))}  ${paint('dim', cellName(cluster))}`,
    `  ${printable(`${message} ${hint}`)}`,
    // At the margin, to be copied as whole lines.
    ...commands.map(printable),
    '',
  ];
}

function sourceFrom(text: string) {
  const data = sources.find((source) => source === text);
  if (data !== undefined) return data;
  throw new AppError('bad-input', `--source is "${text}", which is no source.`, {
    hint: `The sources are ${sources.join(', ')}.`,
  });
}

/** What is known, if that is not older than the setting allows; else what a new discovery finds. */
async function freshSnapshot(session: Session, always: boolean): Promise<Snapshot> {
  const { client, orInterrupted } = session;
  const snapshot = await orInterrupted(client.call('snapshot', {}));
  const { discovery, settings } = snapshot;
  const readAt = discovery.status === 'idle' ? (discovery.finishedAt ?? 0) : 0;
  if (!always && Date.now() - readAt <= settings.catalogMaxAgeMinutes * 60_000) return snapshot;
  await followDiscovery(session);
  await orInterrupted(client.call('discover', {}));
  return orInterrupted(client.call('snapshot', {}));
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
