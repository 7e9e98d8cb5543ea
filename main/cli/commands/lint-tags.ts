import { lintTags, type TagFinding } from '../../agent/catalog/lint-tags.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import { AppError } from '../../model/app-error.ts';
import { sources } from '../../model/sources.ts';
import { listed, plural } from '../../model/wording.ts';
import { cellName, failedCells } from '../cluster-view.ts';
import { followDiscovery } from '../discovery-progress.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { shellFrom } from '../shell-flag.ts';
import { paint, printable } from '../terminal.ts';

/** Checks the tags of every cluster. Prints the problems and the commands that fix them, and changes nothing. */
export async function runLintTags(
  session: Session,
  flags: { readonly source?: string; readonly fresh?: true; readonly strict?: true; readonly shell?: string },
): Promise<number> {
  const source = flags.source === undefined ? undefined : sourceFrom(flags.source);
  const shell = shellFrom(flags.shell);
  const { clusters, cells } = await freshSnapshot(session, flags.fresh === true);
  const isWanted = (one: { readonly source: string }) => source === undefined || one.source === source;
  // Lint all sources: a name or a hostname may clash with a cluster of another source.
  const findings = lintTags(
    clusters.toSorted((a, b) => a.id.localeCompare(b.id)),
    shell,
    { hasCatalog: cells.some(({ source: from }: { readonly source: string }) => from === 'catalog') },
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
          `${paint('yellow', '!', process.stderr)} Not checked, because it could not be loaded: ${cellName(cell)}`,
      ),
      `Checked ${plural(counts.clusters, { one: '# cluster', other: '# clusters' })}: ${plural(errors, { one: '# error', other: '# errors' })}, ${plural(counts.warnings, { one: '# warning', other: '# warnings' })}.`,
    ]);
  }
  return errors > 0 || (flags.strict === true && findings.length > 0) ? exitCodes.findings : exitCodes.ok;
}

function findingLines({ cluster, severity, message, hint, commands }: TagFinding): readonly string[] {
  const mark = severity === 'error' ? paint('red', '✗') : paint('yellow', '!');
  return [
    `${mark} ${paint('bold', printable(cluster.title))}  ${paint('dim', cellName(cluster))}`,
    `  ${printable(`${message} ${hint}`)}`,
    // Without indentation, so that whole lines can be copied.
    ...commands.map(printable),
    '',
  ];
}

function sourceFrom(text: string) {
  const data = sources.find((source) => source === text);
  if (data !== undefined) return data;
  throw new AppError('bad-input', `--source is "${text}", which is not a source.`, {
    hint: `The sources are ${listed(sources)}.`,
  });
}

/** Resolves with the known clusters if they are recent enough by the setting, otherwise after a new discovery. */
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
