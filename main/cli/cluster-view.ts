import { locationText } from '../model/account-name.ts';
import type { Snapshot, TunnelView } from '../model/agent-view.ts';
import type { Cell, Cluster, ClusterId } from '../model/cluster.ts';
import { isFailed } from '../model/is-failed.ts';
import { isProduction } from '../model/is-production.ts';
import { mixedScripts } from '../model/mixed-scripts.ts';
import type { Policy } from '../model/policy.ts';
import type { Failure, Stage, TunnelState } from '../model/tunnel-state.ts';
import { paint, printable } from './terminal.ts';

/** Returns a symbol for each state, because not everybody sees the colour. */
export function stateMark(status: TunnelState['status'] | 'no-tunnel' | 'denied'): string {
  switch (status) {
    case 'connected':
      return paint('green', '●');
    case 'logging-in':
    case 'connecting':
    case 'degraded':
    case 'reconnecting':
    case 'closing':
      return paint('yellow', '◐');
    case 'failed':
      return paint('red', '✗');
    case 'idle':
      return '○';
    case 'no-tunnel':
      return paint('dim', '–');
    case 'denied':
      return paint('dim', '⊘');
  }
}

/** Names the program whose connection failed and the reason, which the proxy protocol could not report to it. */
export function clientFailureText(entry: {
  readonly isCut: boolean;
  readonly process?: { readonly pid: number; readonly name: string } | undefined;
  readonly failure: Failure;
}): string {
  const { isCut, process: program, failure } = entry;
  const { code, message, hint = '' } = failure.error;
  const who = program === undefined ? 'a program' : `${program.name} (process ${program.pid})`;
  const what = isCut ? `the connection of ${who} was cut` : `${who} was not connected`;
  return `${what}, ${stageText(failure.stage)}: ${code}: ${message} ${hint}`.trimEnd();
}

/** Names the stage at which a tunnel failed. */
export function stageText(stage: Stage): string {
  return stage === 'local' ? 'on this computer' : `at ${stage}`;
}

export function environmentText(cluster: Cluster): string {
  const text = printable(cluster.environment ?? '');
  return isProduction(cluster) ? paint(['red', 'bold'], text) : text;
}

/** Returns the tunnels of a snapshot that are open or opening, by cluster. */
export function openTunnels({ tunnels }: Pick<Snapshot, 'tunnels'>): ReadonlyMap<ClusterId, TunnelView> {
  return new Map(
    tunnels.filter(({ state }) => state.status !== 'idle').map((tunnel) => [tunnel.cluster, tunnel]),
  );
}

/** Returns a lookup of the user's Access policy for a cluster. */
export function policiesOf({
  policies,
}: Pick<Snapshot, 'policies'>): (cluster: Cluster) => Policy | undefined {
  const known = new Map(policies.map((policy) => [policy.hostname, policy]));
  return ({ reach }) => (reach.kind === 'tunnel' ? known.get(reach.hostname) : undefined);
}

/** Returns the locations to report as failed. A service that is switched off in an account is no failure. */
export function failedCells(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(isFailed);
}

export function cellName(cell: Pick<Cell, 'source' | 'account' | 'accountName' | 'region'>): string {
  return printable(locationText(cell));
}

/** Returns description, owner and documentation from the cluster's tags. */
export function aboutText({ description, owner, docs }: Cluster): string {
  const parts = [description, owner === undefined ? undefined : `owner ${owner}`, docs];
  return paint('dim', printable(parts.filter((text) => text !== undefined).join(' · ')));
}

/** Returns what to know about a cluster besides its state. */
export function clusterNote(cluster: Cluster, policy?: Policy, isKept = false): string {
  const mixed = mixedScripts(cluster.title);
  const notes = [
    ...(mixed === undefined ? [] : [`mixed scripts: ${mixed}`]),
    ...(isKept ? ['on demand: connects when kubectl needs it'] : []),
    ...(policy?.verdict === 'denied' ? [`no access: ${policy.message}`] : []),
    ...(cluster.reach.kind === 'none' ? [`no tunnel: ${cluster.reach.reason}`] : []),
    ...(cluster.stale ? ['stale: its location could not be loaded the last time'] : []),
    ...cluster.tagProblems
      .filter(({ message }) => cluster.reach.kind !== 'none' || !cluster.reach.reason.startsWith(message))
      .map(({ message, hint }) => `${message} ${hint}`),
  ];
  return notes.length === 0 ? '' : paint('dim', printable(notes.join(' · ')));
}
