import type { Output } from '../../api/contract.ts';
import type { ConnectOutcome, ConnectResult, Kubectl } from '../../model/agent-view.ts';
import { command } from '../../model/command.ts';
import { timeLeft } from '../../model/time-left.ts';
import { stageText } from '../cluster-view.ts';
import { withConfirmation } from '../confirm-production.ts';
import { followConnecting } from '../connect-progress.ts';
import { exitCodeOfAll } from '../exit-codes.ts';
import { writeAside, writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint, printable, table, warningLine } from '../terminal.ts';
import { withMissingSignIns } from '../unknown-cluster.ts';
import { askConsent, canAsk } from './allow.ts';

const menders = {
  you: 'you',
  network: 'whoever runs your network',
  'access-administrator': 'your Access administrator',
  'cluster-administrator': "the cluster's administrator",
} as const;

export interface ConnectHow {
  readonly mode?: 'switch' | 'add' | undefined;
  /** The clusters are those of a set. */
  readonly origin?: 'set' | undefined;
  readonly production?: true | undefined;
  /** How long a switch lasts. */
  readonly minutes?: number | undefined;
}

/** Opens the clusters side by side. On Ctrl-C the agent undoes what this call opened. */
export async function runConnect(
  session: Session,
  clusters: readonly string[],
  flags: ConnectHow = {},
): Promise<number> {
  const { client, json, progress, place, signal } = session;
  const { mode, origin, minutes } = flags;
  let warned: ReadonlySet<string> = new Set();
  const { result, wasAsked } = await withMissingSignIns(session, clusters, () =>
    withConfirmation({
      session,
      confirmed: flags.production,
      about: origin === 'set' && mode === 'switch' ? 'set-switch' : (origin ?? 'switch'),
      act: async (production): Promise<Output<'connect'>> => {
        const following = await followConnecting(session, clusters);
        warned = following.warned;
        try {
          const input = {
            place,
            clusters: [...clusters],
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
    }),
  );
  progress.end();
  const unasked = await askConsents(session, result.results);
  const { left = [] } = result;
  const code = exitCodeOfAll([
    ...result.results.map((one) => (one.status === 'failed' ? one.error.code : undefined)),
    // Who said no to it knows.
    ...(wasAsked ? [] : left.map(() => 'production-unconfirmed' as const)),
  ]);
  if (json) writeJson(result);
  else {
    writeLines([...table(result.results.filter((one) => one.status === 'connected').map(connectedRow))]);
    writeAside(result.results.filter((one) => one.status === 'failed').flatMap(failedLines));
    const unsaid = result.warnings.filter((warning) => !warned.has(warning));
    writeAside([...unsaid, ...unasked, ...left.map(leftLine)].map(warningLine));
    writeLines([kubectlLine(result.kubectl), ...contextLines(result), ...reachLines(result)]);
  }
  return code;
}

/** Asks for those whose API server may not receive an id token yet. Answers what is left to say. */
async function askConsents(session: Session, results: readonly ConnectResult[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const result of results) {
    if (result.status !== 'connected' || result.consent === undefined) continue;
    const { consent } = result;
    const isAllowed =
      canAsk(session) &&
      (await askConsent(consent)) &&
      // What was shown may have changed meanwhile: the clusters are connected all the same.
      (await session.client.call('allow', { cluster: consent.cluster, digest: consent.digest }).then(
        () => true,
        () => false,
      ));
    if (!isAllowed)
      lines.push(
        `${consent.title} does not receive your id token. Run \`${command`k8s-tunnels login oidc --allow ${consent.cluster}`}\` to allow it.`,
      );
  }
  return lines;
}

/** How kubectl reaches what is connected, where none of it is the current context. */
function reachLines({ results, kubectl }: Output<'connect'>): readonly string[] {
  const contexts = results.flatMap((one) => (one.status === 'connected' ? one.context : []));
  if (contexts.some((context) => context === kubectl.context)) return [];
  return contexts.map((context) => `  ${command`kubectl --context ${context} get namespaces`}`);
}

/** The current context, and until when. Production is marked by a word too: a colour alone is not seen by everybody. */
export function kubectlLine({ context, cluster, production, limit }: Kubectl): string {
  if (context === undefined) return paint('dim', 'kubectl has no current context');
  const name = paint(production ? ['red', 'bold'] : 'bold', printable(context));
  if (cluster === undefined) return `kubectl uses ${name}, which is none of these clusters`;
  const notes = [
    ...(production ? [paint(['red', 'bold'], 'production')] : []),
    ...(limit === undefined
      ? []
      : [
          `${timeLeft(limit.until, Date.now())} left`,
          limit.back === undefined ? 'then none' : `then ${printable(limit.back)}`,
        ]),
  ];
  return `kubectl uses ${name}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}

/** Whether the current context was switched, and how to take that back; or why it was not. */
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
  const titles = printable(clusters.map(({ title }) => title).join(', '));
  return clusters.length === 1 ? `${titles} is a production cluster` : `${titles} are production clusters`;
}

function leftLine(cluster: { readonly title: string }): string {
  return `${isProduction([cluster])} and was not connected. Give --production to connect it too.`;
}

function connectedRow(one: Extract<ConnectResult, { status: 'connected' }>): readonly string[] {
  return [
    `${paint('green', '✓')} ${printable(one.title)}`,
    `connected in ${Math.round(one.latencyMs)} ms`,
    `context ${printable(one.context)}`,
    paint('dim', one.port === undefined ? 'direct' : `127.0.0.1:${one.port}`),
  ];
}

function failedLines(one: Extract<ConnectResult, { status: 'failed' }>): readonly string[] {
  const { error, stage, mender, owner, docs } = one;
  const whom =
    owner === undefined || mender !== 'cluster-administrator' ? '' : ` Ask the owner: ${printable(owner)}.`;
  const where = stage === undefined ? 'failed' : `failed ${stageText(stage)}`;
  return [
    `${paint('red', '✗', process.stderr)} ${printable(one.title)}  ${where}: ${printable(error.message)}`,
    ...(error.hint === undefined ? [] : [`  ${printable(error.hint)}`]),
    ...(mender === undefined || mender === 'you' ? [] : [`  Who can mend it: ${menders[mender]}.${whom}`]),
    ...(docs === undefined ? [] : [`  About this cluster: ${printable(docs)}`]),
  ];
}
