import { type Known, readAtRest } from '../../agent/catalog/catalog-at-rest.ts';
import { pathsFrom } from '../../agent/paths.ts';
import { openConnection } from '../../api/socket/client.ts';
import { accountText } from '../../model/account-name.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import type { Cell, Cluster } from '../../model/cluster.ts';
import { matches } from '../../model/cluster-search.ts';
import { distinctions } from '../../model/distinction.ts';
import { needsSignIn } from '../../model/needs-sign-in.ts';
import { plural } from '../../model/wording.ts';
import {
  cellName,
  clusterNote,
  environmentText,
  failedCells,
  openTunnels,
  policiesOf,
  stateMark,
} from '../cluster-view.ts';
import { followDiscovery } from '../discovery-progress.ts';
import { exitCodes } from '../exit-codes.ts';
import { withIsoTimes, writeJson } from '../json-document.ts';
import { type Listed, type ListRow, listRows, rowDocument, wideLines } from '../list-rows.ts';
import { missingLine, offerSignIns, soonMissing } from '../missing-sign-ins.ts';
import { nothingFoundLines } from '../nothing-found.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { yamlText } from '../yaml-text.ts';

/** The formats of `-o`. */
export const listFormats = ['wide', 'name', 'json', 'yaml'] as const;
export type ListFormat = (typeof listFormats)[number];

interface Choice {
  readonly words: readonly string[];
  readonly all: boolean;
  /** Grouped by account where undefined. */
  readonly format: ListFormat | undefined;
}

/**
 * Prints the known clusters by account, only those that match every word. Omits clusters that the user's Access
 * policies deny, unless `all` is set or they are connected. In JSON, every cluster has its `policy`.
 */
export async function runList(
  session: Session,
  words: readonly string[],
  {
    all = false,
    format,
  }: { readonly all?: boolean | undefined; readonly format?: ListFormat | undefined } = {},
): Promise<number> {
  // A kubeconfig that cannot be read must not keep the clusters from being listed.
  const caller = await session.client.call('kubectl', { place: session.place }).catch(() => undefined);
  const known = async () => ({ ...(await knownClusters(session)), caller });
  const snapshot = await known();
  session.progress.end();
  const choice = { words, all, format };
  if (format !== undefined) return printList(snapshot, choice);
  if (fittingIn(snapshot, words).length > 0) {
    const code = printList(snapshot, choice);
    writeAside((await soonMissing(session)).map(missingLine));
    return code;
  }
  // No cluster matches: a sign-in may reveal more.
  if (await offerSignIns(session)) return printList(await known(), choice);
  return printList(snapshot, choice);
}

/**
 * Prints the last agent's catalog if no agent is running and it is recent enough. Otherwise resolves with undefined.
 */
export async function runListAtRest(choice: Choice): Promise<number | undefined> {
  const paths = pathsFrom(process.env);
  const known = readAtRest(paths.state, Date.now());
  if (known === undefined) return undefined;
  // Only an agent knows which session is missing.
  if (
    choice.format === undefined &&
    (fittingIn(known, choice.words).length === 0 || known.cells.some(lacksSignIn))
  )
    return undefined;
  const running = await openConnection({ path: paths.socket, state: paths.state });
  running?.close();
  return running === undefined ? printList(known, choice) : undefined;
}

function lacksSignIn({ error }: Cell): boolean {
  return error !== undefined && needsSignIn(error);
}

function fittingIn({ clusters }: Pick<Known, 'clusters'>, words: readonly string[]): readonly Cluster[] {
  // What is searched takes longer to build than the rest of a long list.
  if (words.length === 0) return clusters;
  const wanted = words.map((word) => word.toLowerCase());
  return clusters.filter((cluster) => matches(cluster, wanted));
}

function printList(snapshot: Listed, { words, all, format }: Choice): number {
  const fitting = fittingIn(snapshot, words);
  const policies = policiesOf(snapshot);
  const failed = failedCells(snapshot.cells);
  if (format === 'json' || format === 'yaml') {
    const document = { clusters: listRows(snapshot, fitting).map(rowDocument), failed };
    if (format === 'json') writeJson(document);
    else writeLines([yamlText(withIsoTimes(document)).trimEnd()]);
    return exitCodes.ok;
  }
  const open = openTunnels(snapshot);
  const clusters = fitting.filter(
    (cluster) => all || open.has(cluster.id) || policies(cluster)?.verdict !== 'denied',
  );
  const denied = fitting.length - clusters.length;
  const rows = listRows(snapshot, clusters);
  if (format === 'name') {
    writeLines(rows.flatMap(({ context }) => context ?? []).toSorted());
    return exitCodes.ok;
  }
  if (format === 'wide' && rows.length > 0) writeLines(wideLines(rows));
  else writeLines(listLines(snapshot, rows));
  if (denied > 0)
    writeAside([
      `No access to ${plural(denied, { one: '# cluster', other: '# clusters' })} (\`k8s-tunnels list --all\` shows them).`,
    ]);
  if (fitting.length === 0)
    writeAside(
      words.length > 0 && snapshot.clusters.length > 0
        ? [
            `No cluster matches ${words.join(' ')} (of ${plural(snapshot.clusters.length, { one: '# cluster', other: '# clusters' })}).`,
          ]
        : 'organisation' in snapshot
          ? nothingFoundLines(snapshot.organisation, snapshot.publishedCatalog)
          : nothingFoundLines(undefined),
    );
  const [first] = failed;
  if (first !== undefined)
    writeAside([
      paint(
        'yellow',
        `Could not load ${plural(failed.length, { one: '# location', other: '# locations' })} (${cellName(first)}${failed.length > 1 ? ', …' : ''}). \`k8s-tunnels discover\` tries again and shows why.`,
        process.stderr,
      ),
    ]);
  return exitCodes.ok;
}

/** Resolves with the snapshot. Waits for the first discovery if none has finished yet. */
export async function knownClusters(session: Session): Promise<Snapshot> {
  const { client, orInterrupted } = session;
  const snapshot = await orInterrupted(client.call('snapshot', {}));
  if (!isFirstDiscovery(snapshot)) {
    // The variables of this shell may lead to more.
    await orInterrupted(client.call('discover', { onlyNew: true }));
    return snapshot;
  }
  await followDiscovery(session);
  await orInterrupted(client.call('discover', {}));
  return orInterrupted(client.call('snapshot', {}));
}

/** Returns true while everything known comes from the discovery that is running. */
function isFirstDiscovery({ discovery, clusters, cells }: Snapshot): boolean {
  if (discovery.status === 'idle') return discovery.finishedAt === undefined;
  const { since } = discovery;
  return (
    clusters.every(({ seenAt }) => seenAt >= since) && cells.every(({ readAt }) => (readAt ?? since) >= since)
  );
}

/**
 * Returns one table for all accounts, split by headings, so that the columns line up. Some clusters of an account may
 * have been read before its name was known.
 */
function listLines(snapshot: Known, known: readonly ListRow[]): readonly string[] {
  const different = distinctions(snapshot.clusters);
  const byId = new Map(known.map((row) => [row.cluster.id, row]));
  const clusters = known.map(({ cluster }) => cluster);
  const accounts = Map.groupBy(
    clusters.toSorted((a, b) => a.title.localeCompare(b.title)),
    ({ source, account }) => `${source} ${account}`,
  );
  const rows = (members: readonly Cluster[]) =>
    members.map((cluster) => {
      const {
        policy = null,
        tunnel = null,
        latencyMs = null,
        current,
        favourite,
        kept,
      } = byId.get(cluster.id) ?? {};
      const resting =
        cluster.reach.kind === 'none' ? 'no-tunnel' : policy?.verdict === 'denied' ? 'denied' : 'idle';
      const status = tunnel?.state.status ?? resting;
      return [
        current ? '*' : '',
        stateMark(status),
        `${printable(cluster.title)}${favourite ? paint('yellow', ' ★') : ''}`,
        environmentText(cluster),
        printable([cluster.region, different.get(cluster.id) ?? []].flat().join(', ')),
        latencyMs === null ? '' : `${latencyMs} ms`,
        clusterNote(
          cluster,
          status === 'denied' ? (policy ?? undefined) : undefined,
          status === 'idle' && kept,
        ),
      ];
    });
  const headings = new Map(
    [...accounts].map(([account, members]) => {
      const named = members.find(({ accountName }) => accountName !== undefined) ?? members[0];
      return [account, named === undefined ? account : `${named.source} ${accountText(named)}`];
    }),
  );
  const groups = [...accounts].toSorted(([a], [b]) => a.localeCompare(b));
  const lines = [
    ...table(
      groups.flatMap(([, members]) => rows(members), '  '),
      '  ',
    ),
  ];
  return groups.flatMap(([account, members], at) => [
    ...(at === 0 ? [] : ['']),
    paint('bold', printable(headings.get(account) ?? account)),
    ...lines.splice(0, members.length),
  ]);
}
