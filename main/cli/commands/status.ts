import { version } from '../../agent/version.ts';
import type {
  ClientFailureView,
  EndedSessionView,
  Kubectl,
  Snapshot,
  TunnelView,
} from '../../model/agent-view.ts';
import { type PlainError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { contextName } from '../../model/context-name.ts';
import { needsTls } from '../../model/entry-form.ts';
import { isWebApplication } from '../../model/web-application.ts';
import { listed, plural } from '../../model/wording.ts';
import { aboutText, clientFailureText, environmentText, openTunnels, stateMark } from '../cluster-view.ts';
import { kubectlLine } from '../current-context-line.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { localProxyLines } from '../local-proxies-view.ts';
import { lockLines } from '../lock-lines.ts';
import { loginLine } from '../login-notes.ts';
import { agentVariables, networkDifferences } from '../network-difference.ts';
import { notAudited, notAuditedLines } from '../not-audited.ts';
import { publishedCatalogLines } from '../published-catalog-lines.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';
import { questionLines, terminalLines } from '../terminals-view.ts';

/** Shows the tunnels, the current context and the agent. */
export async function runStatus(session: Session): Promise<number> {
  const { client, json, progress, place, orInterrupted } = session;
  progress.update('Asking the agent');
  const [snapshot, kubectl] = await orInterrupted(
    Promise.all([
      client.call('snapshot', {}),
      // Show everything else even if the kubeconfig cannot be read.
      client.call('kubectl', { place }).catch((error: unknown) => ({ error: toPlainError(error) })),
    ]),
  );
  progress.end();
  if (json) writeJson(statusDocument(snapshot, kubectl));
  else writeLines(statusLines(snapshot, kubectl, Date.now()));
  return exitCodes.ok;
}

/** Older failures are shown by `k8s-tunnels activity` only. */
const clientFailureForMs = 10 * 60_000;

function agoText({ at, count }: ClientFailureView, now: number): string {
  return `${span(now - at)} ago${count > 1 ? plural(count, { other: ', # times' }) : ''}`;
}

type KubectlAnswer = Kubectl | { readonly error: PlainError };

function statusDocument(snapshot: Snapshot, kubectl: KubectlAnswer) {
  const { agent, clusters, discovery, logins, notices, organisation, release } = snapshot;
  const { sessions, endedSessions = [], clientFailures = [], identities = [], terminals = [] } = snapshot;
  const { unlocks = [] } = snapshot;
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const kept = snapshot.kept.map((cluster) => ({ cluster, title: titleIn(byId, cluster) }));
  const tunnels = [...openTunnels(snapshot).values()].map((tunnel) => {
    const { title = tunnel.cluster, environment, owner, description, docs } = byId.get(tunnel.cluster) ?? {};
    return { ...tunnel, title, environment, owner, description, docs };
  });
  const { pending, failed } = organisation ?? {};
  return {
    agent,
    tunnels,
    kept,
    localProxies: (snapshot.localProxies ?? []).map((one) => ({ ...one, title: titleIn(byId, one.cluster) })),
    terminals: terminals.map((one) => ({ ...one, title: titleIn(byId, one.cluster) })),
    confirmations: (snapshot.confirmations ?? []).map((one) => ({
      ...one,
      title: titleIn(byId, one.cluster),
    })),
    kubectl,
    discovery,
    logins,
    sessions,
    endedSessions,
    identities,
    unlocks: unlocks.map((one) => ({ ...one, title: titleIn(byId, one.cluster) })),
    networkDifferences: networkDifferences(agent),
    notAudited: notAudited(snapshot),
    entryProblems: snapshot.entryProblems ?? [],
    kubeconfigProblems: snapshot.kubeconfigProblems ?? [],
    clientFailures: clientFailures.map((one) => ({ ...one, title: titleIn(byId, one.cluster) })),
    notices,
    release,
    publishedCatalog: snapshot.publishedCatalog,
    ...(pending === undefined ? {} : { setupPending: pending }),
    ...(failed === undefined ? {} : { setupFailed: failed }),
  };
}

function titleIn(clusters: ReadonlyMap<ClusterId, Cluster>, id: ClusterId): string {
  return clusters.get(id)?.title ?? id;
}

function statusLines(snapshot: Snapshot, kubectl: KubectlAnswer, now: number): readonly string[] {
  const { agent, clusters, discovery, logins, notices, organisation, release, settings } = snapshot;
  const { endedSessions = [], clientFailures = [], identities = [], terminals = [] } = snapshot;
  const { entryProblems = [], kubeconfigProblems = [] } = snapshot;
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  const open = openTunnels(snapshot);
  const tunnels = [...open.values()];
  const nameOf = (id: ClusterId) => {
    const cluster = byId.get(id);
    return cluster === undefined
      ? id
      : contextName(cluster, clusters, { given: snapshot.givenNames, template: settings.contextName });
  };
  // Those of open tunnels are in their rows.
  const ofKept = entryProblems.filter(({ cluster }) => !open.has(cluster)).map(({ error }) => error);
  const problems = [...ofKept, ...kubeconfigProblems];
  const kept = snapshot.kept.filter((id) => !open.has(id)).map((id) => titleIn(byId, id));
  return [
    ...(tunnels.length === 0
      ? ['No tunnels.']
      : table(
          tunnels.map((tunnel) => tunnelRow(tunnel, byId.get(tunnel.cluster), nameOf(tunnel.cluster), now)),
        )),
    ...clientFailures
      .filter(({ at }) => now - at < clientFailureForMs)
      .map(
        (one) =>
          `${paint('yellow', '!')} ${printable(`${titleIn(byId, one.cluster)}: ${clientFailureText(one)}`)} ${paint('dim', agoText(one, now))}`,
      ),
    ...identities
      .filter(({ cluster }) => open.has(cluster))
      .map(({ cluster, summary }) => printable(`${nameOf(cluster)}: ${summary}`)),
    ...tunnels.flatMap(({ cluster }) =>
      formNote(byId.get(cluster), settings).map((text) =>
        paint('dim', printable(`${nameOf(cluster)}: ${text}`)),
      ),
    ),
    ...lockLines(snapshot, nameOf, now),
    ...problems.map(
      ({ message, hint = '' }) => `${paint('yellow', '!')} ${printable(message)} ${printable(hint)}`,
    ),
    ...(kept.length === 0
      ? []
      : [
          paint(
            'dim',
            `${plural(kept.length, { one: 'On-demand context', other: 'On-demand contexts' })}: ${listed(kept.map(printable))}`,
          ),
        ]),
    ...localProxyLines(snapshot.localProxies ?? [], (id) => titleIn(byId, id), now),
    ...notAuditedLines(snapshot).map((line) => paint('dim', line)),
    ...terminalLines(terminals, byId, now),
    ...questionLines(snapshot.confirmations ?? [], byId),
    ...('error' in kubectl
      ? [`${paint('yellow', '!')} ${printable(kubectl.error.message)} ${printable(kubectl.error.hint ?? '')}`]
      : [
          kubectlLine(kubectl),
          ...(kubectl.warnings ?? []).map((one) => `${paint('yellow', '!')} ${printable(one)}`),
        ]),
    ...logins.map(loginLine),
    ...endedSessions.map(endedSessionLine),
    ...(discovery.status === 'running'
      ? [
          `Discovering clusters: ${discovery.cellsRead} of ${plural(discovery.cellsKnown, { one: '# location', other: '# locations' })}`,
        ]
      : []),
    ...publishedCatalogLines(snapshot, now),
    ...(organisation?.pending === undefined
      ? []
      : [
          `${paint('yellow', '!')} ${printable(organisation.name)} has a new configuration to review: \`k8s-tunnels setup --review\``,
        ]),
    ...(organisation?.failed === undefined
      ? []
      : [
          `${paint('yellow', '!')} ${printable(organisation.name)}: the last refresh of the configuration failed: \`k8s-tunnels setup --show\``,
        ]),
    ...notices.map(
      ({ at, level, message }) =>
        `${level === 'warning' ? paint('yellow', '!') : '·'} ${printable(message)} ${paint('dim', `${span(now - at)} ago`)}`,
    ),
    ...networkDifferences(agent).map((text) => `${paint('yellow', '!')} ${printable(text)}`),
    paint('dim', `agent ${agent.version}, process ${agent.pid}, up ${span(now - agent.startedAt)}`),
    ...[agentVariables(agent) ?? []].flat().map((text) => paint('dim', printable(text))),
    ...(release === undefined ? [] : [paint('dim', releaseText(release))]),
    ...(agent.version === version
      ? []
      : [
          `${paint('yellow', '!')} This command line is ${version}. Run \`k8s-tunnels quit\`, and the next command starts that version.`,
        ]),
  ];
}

/** Says that the setting does not apply to a cluster. */
function formNote(cluster: Cluster | undefined, settings: Snapshot['settings']): readonly string[] {
  const { entryForm } = settings;
  if (cluster === undefined || entryForm === 'tls' || !needsTls(cluster, settings)) return [];
  const why = isWebApplication(cluster)
    ? 'its API is a web application (origin https)'
    : 'it is a production cluster, which opens read-only';
  return [`its kubeconfig entry has the form tls, not ${entryForm}, because ${why}.`];
}

function waitText(ms: number, name: string): string {
  const when = ms > 0 ? `retries in ${span(ms)}, now` : 'retrying';
  return paint('dim', printable(`${when}: ${command`k8s-tunnels connect --add ${name}`}`));
}

function endedSessionLine({ authDomain, isRevoked }: EndedSessionView): string {
  const why = isRevoked ? ' before it expired' : '';
  const signIn = command`k8s-tunnels login access ${authDomain}`;
  return `${paint('yellow', '!')} Your session at ${printable(authDomain)} has ended${why}. Sign in again: ${printable(signIn)}`;
}

function releaseText({ version: newer, url, isRequired }: NonNullable<Snapshot['release']>): string {
  const required = isRequired ? 'This version is no longer supported: ' : '';
  return printable(`${required}k8s-tunnels ${newer} is out: ${url}`);
}

function tunnelRow(
  tunnel: TunnelView,
  cluster: Cluster | undefined,
  name: string,
  now: number,
): readonly string[] {
  const { state, port, connector } = tunnel;
  return [
    stateMark(state.status),
    printable(cluster?.title ?? tunnel.cluster),
    cluster === undefined ? '' : environmentText(cluster),
    port === undefined ? '' : `127.0.0.1:${port}`,
    // Omit the default connector.
    connector === 'builtin' ? '' : paint('dim', connector),
    state.status === 'connected' ? `${Math.round(state.probe.totalMs)} ms` : '',
    'since' in state ? `${state.status} for ${span(now - state.since)}` : state.status,
    'failure' in state
      ? printable(
          `${state.failure.stage === 'local' ? '' : `${state.failure.stage}: `}${state.failure.error.message} ${state.failure.error.hint ?? ''}`,
        )
      : '',
    cluster === undefined ? '' : aboutText(cluster),
    state.status === 'reconnecting' ? waitText(state.nextAt - now, name) : '',
  ];
}
