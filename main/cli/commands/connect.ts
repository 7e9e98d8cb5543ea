import type { Output } from '../../api/contract.ts';
import type { ConnectOutcome, ConnectResult } from '../../model/agent-view.ts';
import { command } from '../../model/command.ts';
import { listed, plural } from '../../model/wording.ts';
import { stageText } from '../cluster-view.ts';
import { withConfirmation } from '../confirm-production.ts';
import { followConnecting } from '../connect-progress.ts';
import { kubectlLine } from '../current-context-line.ts';
import { exitCodeOfAll } from '../exit-code-of-all.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { networkDifferences } from '../network-difference.ts';
import { withPicker } from '../picked.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { paint, printable, warningLine } from '../terminal.ts';
import { withMissingSignIns } from '../unknown-cluster.ts';
import { askConsent, canAsk } from './allow.ts';
import { writeDiff } from './kubeconfig.ts';

const whoCanFix = {
  you: 'you',
  network: 'your network administrator',
  'access-administrator': 'your Access administrator',
  'cluster-administrator': "the cluster's administrator",
} as const;

export interface ConnectHow {
  readonly mode?: 'switch' | 'add' | undefined;
  /** The clusters are those of a set, or were connected before. */
  readonly origin?: 'set' | 'resume' | undefined;
  readonly production?: true | undefined;
  /** How long a switch lasts. */
  readonly minutes?: number | undefined;
  /** Print what would change, and change nothing. */
  readonly dryRun?: true | undefined;
}

/** Connects the clusters in parallel. On Ctrl-C the agent rolls back what this call opened. */
export async function runConnect(
  session: Session,
  clusters: readonly string[],
  flags: ConnectHow = {},
): Promise<number> {
  if (flags.dryRun) return previewConnect(session, clusters, flags);
  const { client, json, progress, place, signal } = session;
  const { mode, origin, minutes } = flags;
  let warned: ReadonlySet<string> = new Set();
  const ask = (names: readonly string[]) =>
    withConfirmation({
      session,
      confirmed: flags.production,
      about: origin === undefined ? 'switch' : mode === 'switch' ? 'set-switch' : 'set',
      act: async (production): Promise<Output<'connect'>> => {
        const following = await followConnecting(session, names);
        warned = following.warned;
        try {
          const input = {
            place,
            clusters: [...names],
            ...(mode === undefined ? {} : { mode }),
            ...(origin === undefined ? {} : { origin }),
            ...(minutes === undefined ? {} : { minutes }),
            ...production,
          };
          return await client.call('connect', input, { signal });
        } finally {
          following.end();
        }
      },
    });
  const { result, wasAsked } = await withMissingSignIns(session, clusters, () =>
    withPicker(session, clusters, ask),
  );
  progress.end();
  const unasked = await askConsents(session, result.results);
  const { left = [] } = result;
  const code = exitCodeOfAll([
    ...result.results.map((one) => (one.status === 'failed' ? one.error.code : undefined)),
    // A user who answered no knows already.
    ...(wasAsked ? [] : left.map(() => 'production-unconfirmed' as const)),
  ]);
  if (json) writeJson(result);
  else {
    writeLines([...table(result.results.filter((one) => one.status === 'connected').map(connectedRow))]);
    writeAside(result.results.filter((one) => one.status === 'failed').flatMap(failedLines));
    const unsaid = result.warnings.filter((warning) => !warned.has(warning));
    const otherNetwork = await networkWarnings(session, result.results);
    writeAside([...unsaid, ...unasked, ...otherNetwork, ...left.map(leftLine)].map(warningLine));
    writeLines([kubectlLine(result.kubectl), ...contextLines(result), ...reachLines(result)]);
  }
  return code;
}

/** Where a connection failed, the agent may reach hosts in another way than this shell. */
async function networkWarnings(
  { client }: Session,
  results: readonly ConnectResult[],
): Promise<readonly string[]> {
  if (results.every(({ status }) => status === 'connected')) return [];
  const { agent } = await client.call('snapshot', {});
  return networkDifferences(agent);
}

type DryRun = Omit<ConnectHow, 'production'> & { readonly production?: boolean | undefined };

/** Prints the difference that connecting would make in the kubeconfig. */
async function previewConnect(
  { client, json, progress, place }: Session,
  clusters: readonly string[],
  { mode, origin, production = origin === undefined ? undefined : false }: DryRun,
): Promise<number> {
  const preview = await client.call('connect-preview', {
    place,
    clusters: [...clusters],
    ...(mode === undefined ? {} : { mode }),
    ...(origin === undefined ? {} : { origin: 'set' as const }),
    ...(production === undefined ? {} : { production }),
  });
  progress.end();
  if (json) writeJson(preview);
  else {
    writeDiff(preview.diff);
    writeAside(preview.left.map(leftLine).map(warningLine));
  }
  return exitCodes.ok;
}

/** Asks for consent for API servers that may not receive an ID token yet. Resolves with warnings for the others. */
async function askConsents(session: Session, results: readonly ConnectResult[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const result of results) {
    if (result.status !== 'connected' || result.consent === undefined) continue;
    const { consent } = result;
    const isAllowed =
      canAsk(session) &&
      (await askConsent(consent)) &&
      // The server may have changed since the question. The cluster stays connected in any case.
      (await session.client.call('allow', { cluster: consent.cluster, digest: consent.digest }).then(
        () => true,
        () => false,
      ));
    if (!isAllowed)
      lines.push(
        `${consent.title} does not receive your ID token. Run \`${command`k8s-tunnels login oidc --allow ${consent.cluster}`}\` to allow it.`,
      );
  }
  return lines;
}

/** Returns kubectl commands for the connected contexts if none of them is current. */
function reachLines({ results, kubectl }: Output<'connect'>): readonly string[] {
  const contexts = results.flatMap((one) => (one.status === 'connected' ? one.context : []));
  if (contexts.some((context) => context === kubectl.context)) return [];
  return contexts.map((context) => `  ${command`kubectl --context ${context} get namespaces`}`);
}

/** Describes the switch of the current context and how to undo it, or why it was not switched. */
function contextLines({
  results,
  switched,
  stays = [],
}: ConnectOutcome & { readonly results: readonly ConnectResult[] }): readonly string[] {
  if (switched !== undefined)
    return [
      `${switched.from === undefined ? 'There was no current context before.' : `Switched from ${printable(switched.from)}.`} Undo: ${command`k8s-tunnels switch -`}`,
    ];
  if (stays.length === 0) return [];
  const first = results.find((one) => one.status === 'connected' && one.cluster === stays[0]?.cluster);
  return [
    `The current context was not switched: ${isProduction(stays)}.`,
    ...(first?.status === 'connected'
      ? [`To switch: ${command`k8s-tunnels switch ${printable(first.context)}`}`]
      : []),
  ];
}

function isProduction(clusters: readonly { readonly title: string }[]): string {
  const titles = listed(clusters.map(({ title }) => printable(title)));
  const forms = { one: 'is a production cluster', other: 'are production clusters' };
  return `${titles} ${plural(clusters.length, forms)}`;
}

function leftLine(cluster: { readonly title: string }): string {
  return `${isProduction([cluster])} and was not connected. Add --production to connect it too.`;
}

function connectedRow(one: Extract<ConnectResult, { status: 'connected' }>): readonly string[] {
  return [
    `${paint('green', '✓')} ${printable(one.title)}`,
    `connected in ${Math.round(one.latencyMs)} ms`,
    `context ${printable(one.context)}`,
    paint('dim', one.port === undefined ? 'direct' : `127.0.0.1:${one.port}`),
  ];
}

/** Says why a cluster was not connected, and who can fix it. */
export function failedLines(one: Extract<ConnectResult, { status: 'failed' }>): readonly string[] {
  const { error, stage, mender, owner, docs } = one;
  const whom =
    owner === undefined || mender !== 'cluster-administrator' ? '' : ` Ask the owner: ${printable(owner)}.`;
  const where = stage === undefined ? 'failed' : `failed ${stageText(stage)}`;
  return [
    `${paint('red', '✗', process.stderr)} ${printable(one.title)}  ${where}: ${printable(error.message)}`,
    ...(error.hint === undefined ? [] : [`  ${printable(error.hint)}`]),
    ...(mender === undefined || mender === 'you' ? [] : [`  Who can fix it: ${whoCanFix[mender]}.${whom}`]),
    ...(docs === undefined ? [] : [`  About this cluster: ${printable(docs)}`]),
  ];
}
