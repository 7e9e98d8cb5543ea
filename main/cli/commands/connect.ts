import type { ConnectResult, Kubectl } from '../../agent/agent-view.ts';
import { command } from '../../agent/command.ts';
import type { Output } from '../../api/contract.ts';
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

/** Opens the clusters side by side. On Ctrl-C the agent undoes what this call opened. */
export async function runConnect(
  session: Session,
  clusters: readonly string[],
  flags: { readonly mode?: 'switch' | 'add' | undefined; readonly production?: true | undefined } = {},
): Promise<number> {
  const { client, json, progress, place, signal } = session;
  const { mode } = flags;
  let warned: ReadonlySet<string> = new Set();
  const result = await withMissingSignIns(session, clusters, () =>
    withConfirmation({
      session,
      confirmed: flags.production,
      act: async (production): Promise<Output<'connect'>> => {
        const following = await followConnecting(session, clusters);
        warned = following.warned;
        try {
          const input = {
            place,
            clusters: [...clusters],
            ...(mode === undefined ? {} : { mode }),
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
  const code = exitCodeOfAll(
    result.results.map((one) => (one.status === 'failed' ? one.error.code : undefined)),
  );
  if (json) writeJson(result);
  else {
    writeLines([...table(result.results.filter((one) => one.status === 'connected').map(connectedRow))]);
    writeAside(result.results.filter((one) => one.status === 'failed').flatMap(failedLines));
    const unsaid = result.warnings.filter((warning) => !warned.has(warning));
    writeAside([...unsaid, ...unasked].map(warningLine));
    writeLines([kubectlLine(result.kubectl), ...contextLines(result)]);
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
function contextLines({ results, kubectl }: Output<'connect'>): readonly string[] {
  const contexts = results.flatMap((one) => (one.status === 'connected' ? one.context : []));
  if (contexts.some((context) => context === kubectl.context)) return [];
  return contexts.map((context) => `  ${command`kubectl --context ${context} get namespaces`}`);
}

export function kubectlLine({ context, cluster }: Kubectl): string {
  if (context === undefined) return paint('dim', 'kubectl has no current context');
  const name = paint('bold', printable(context));
  return cluster === undefined
    ? `kubectl uses ${name}, which is none of these clusters`
    : `kubectl uses ${name}`;
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
  const where = stage === undefined ? 'failed' : `failed at ${stage}`;
  return [
    `${paint('red', '✗', process.stderr)} ${printable(one.title)}  ${where}: ${printable(error.message)}`,
    ...(error.hint === undefined ? [] : [`  ${printable(error.hint)}`]),
    ...(mender === undefined || mender === 'you' ? [] : [`  Who can mend it: ${menders[mender]}.${whom}`]),
    ...(docs === undefined ? [] : [`  About this cluster: ${printable(docs)}`]),
  ];
}
