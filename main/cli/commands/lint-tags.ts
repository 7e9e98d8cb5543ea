import { lintTags, type TagFinding } from '../../agent/catalog/lint-tags.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import { AppError } from '../../model/app-error.ts';
import type { Cell, Cluster, Source } from '../../model/cluster.ts';
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

export interface LintFlags {
  readonly source?: string;
  readonly fresh?: true;
  readonly strict?: true;
  readonly allowUnread?: true;
  readonly shell?: string;
}

/**
 * Checks the tags of every cluster. Prints the problems and the commands that fix them, and changes nothing. Resolves with
 * `findings`, or with `partial` if there are none and something could not be read.
 */
export async function runLintTags(session: Session, flags: LintFlags): Promise<number> {
  const source = flags.source === undefined ? undefined : sourceFrom(flags.source);
  const shell = shellFrom(flags.shell);
  const {
    clusters,
    cells,
    failed: failedNow,
    organisation,
  } = await freshSnapshot(session, flags.fresh === true);
  const isWanted = (one: { readonly source: string }) => source === undefined || one.source === source;
  // Lint all sources: a name or a hostname may clash with a cluster of another source.
  const findings = lintTags(
    clusters.filter(({ unread }) => !unread).toSorted((a, b) => a.id.localeCompare(b.id)),
    shell,
    {
      hasCatalog: cells.some(({ source: from }: { readonly source: string }) => from === 'catalog'),
      ...(organisation === undefined ? {} : { productionValues: organisation.production.environments }),
    },
  ).filter(({ cluster }) => isWanted(cluster));
  const checked = clusters.filter((cluster) => isWanted(cluster) && !cluster.unread);
  const failed = failedNow.filter(isWanted);
  const unread = unreadClusters(clusters, failed).filter(isWanted);
  const missing = missingSources({ source, cells, failed, organisation });
  const isUnread = failed.length + unread.length + missing.length > 0;
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
      unread: unread.map(({ id, title, reach }) => ({
        cluster: id,
        title,
        ...(reach.kind === 'none' ? { reason: reach.reason } : {}),
      })),
      missing,
      complete: !isUnread,
    });
  else {
    writeLines(findings.flatMap(findingLines));
    writeAside([
      ...[
        ...failed.map((cell) => `${cellName(cell)}${errorText(cell)}`),
        ...unread.map((cluster) => `${printable(cluster.title)}  ${cellName(cluster)}${reasonText(cluster)}`),
      ].map(
        (what) =>
          `${paint('yellow', '!', process.stderr)} Not checked, because it could not be loaded: ${what}`,
      ),
      ...missing.map((one) => `${paint('yellow', '!', process.stderr)} ${missingText(one)}`),
      `Checked ${plural(counts.clusters, { one: '# cluster', other: '# clusters' })}: ${plural(errors, { one: '# error', other: '# errors' })}, ${plural(counts.warnings, { one: '# warning', other: '# warnings' })}.`,
    ]);
  }
  if (errors > 0 || (flags.strict === true && findings.length > 0)) return exitCodes.findings;
  return isUnread && flags.allowUnread !== true ? exitCodes.partial : exitCodes.ok;
}

/** Returns the clusters whose tags are unknown or old, although their location was read. */
function unreadClusters(clusters: readonly Cluster[], failed: readonly Cell[]): readonly Cluster[] {
  const isReported = ({ id }: Cluster) => failed.some((cell) => id.startsWith(`${cell.id}/`));
  return clusters.filter((cluster) => (cluster.unread === true || cluster.stale) && !isReported(cluster));
}

function errorText({ error }: Cell): string {
  return error === undefined ? '' : printable(`. ${error.message} ${error.hint ?? ''}`).trimEnd();
}

function reasonText({ reach }: Cluster): string {
  return reach.kind === 'none' ? printable(`. ${reach.reason}`) : '';
}

/**
 * Returns the sources of which nothing was read and nothing failed, because nobody is signed in there or sees anything: the
 * one that was asked for, those that the organisation does not switch off, or without an organisation all, as one.
 */
function missingSources(options: {
  readonly source: Source | undefined;
  readonly cells: readonly Cell[];
  readonly failed: readonly Cell[];
  readonly organisation: Snapshot['organisation'];
}): readonly string[] {
  const { source, cells, failed, organisation } = options;
  const seen = new Set<string>(
    [...cells.filter(({ readAt }) => readAt !== undefined), ...failed].map((cell) => cell.source),
  );
  if (source !== undefined) return seen.has(source) ? [] : [source];
  if (organisation === undefined || seen.has('catalog')) return seen.size > 0 ? [] : [anySource];
  const off = new Set<string>(organisation.off);
  return sources.filter((one) => one !== 'file' && !off.has(one) && !seen.has(one));
}

const anySource = 'any source';

function missingText(source: string): string {
  const how = 'Sign in first: `k8s-tunnels accounts` lists the sessions.';
  const orElse =
    source === anySource
      ? ''
      : ` If your organisation has none, switch it off in its configuration: sources.${source}.enabled.`;
  return `No location of ${source} was read. ${how}${orElse}`;
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

/**
 * Resolves with the known clusters if they are recent enough by the setting, otherwise after a new discovery. `failed` are
 * the locations that could not be read, with this shell's variables either if they were read now.
 */
async function freshSnapshot(
  session: Session,
  always: boolean,
): Promise<Snapshot & { readonly failed: readonly Cell[] }> {
  const { client, orInterrupted } = session;
  const snapshot = await orInterrupted(client.call('snapshot', {}));
  const { discovery, settings } = snapshot;
  const readAt = discovery.status === 'idle' ? (discovery.finishedAt ?? 0) : 0;
  if (!always && Date.now() - readAt <= settings.catalogMaxAgeMinutes * 60_000)
    return { ...snapshot, failed: failedCells(snapshot.cells) };
  await followDiscovery(session);
  const { failed } = await orInterrupted(client.call('discover', {}));
  return { ...(await orInterrupted(client.call('snapshot', {}))), failed };
}
