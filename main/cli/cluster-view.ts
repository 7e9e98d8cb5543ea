import { placeText } from '../model/account-name.ts';
import type { Snapshot, TunnelView } from '../model/agent-view.ts';
import type { Cell, Cluster, ClusterId } from '../model/cluster.ts';
import { isFailed } from '../model/is-failed.ts';
import { isProduction } from '../model/is-production.ts';
import { mixedScripts } from '../model/mixed-scripts.ts';
import type { Policy } from '../model/policy.ts';
import type { Failure, Stage, TunnelState } from '../model/tunnel-state.ts';
import { paint, printable } from './terminal.ts';

/** One sign a state: colour alone would not be seen by everybody. */
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

/** Whose connection failed, and why: what the client itself was not told. */
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

/** Where a failure belongs. */
export function stageText(stage: Stage): string {
  return stage === 'local' ? 'on this computer' : `at ${stage}`;
}

export function environmentText(cluster: Cluster): string {
  const text = printable(cluster.environment ?? '');
  return isProduction(cluster) ? paint(['red', 'bold'], text) : text;
}

/** The tunnels of a snapshot that are open or on their way, by cluster. */
export function openTunnels({ tunnels }: Pick<Snapshot, 'tunnels'>): ReadonlyMap<ClusterId, TunnelView> {
  return new Map(
    tunnels.filter(({ state }) => state.status !== 'idle').map((tunnel) => [tunnel.cluster, tunnel]),
  );
}

/** What is known of the person's policies for a cluster. */
export function policiesOf({
  policies,
}: Pick<Snapshot, 'policies'>): (cluster: Cluster) => Policy | undefined {
  const known = new Map(policies.map((policy) => [policy.hostname, policy]));
  return ({ reach }) => (reach.kind === 'tunnel' ? known.get(reach.hostname) : undefined);
}

/** A place that is switched off in its account is no failure to show. */
export function failedCells(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(isFailed);
}

export function cellName(cell: Pick<Cell, 'source' | 'account' | 'accountName' | 'region'>): string {
  return printable(placeText(cell));
}

/** What its tags tell people of it. */
export function aboutText({ description, owner, docs }: Cluster): string {
  const told = [description, owner === undefined ? undefined : `owner ${owner}`, docs];
  return paint('dim', printable(told.filter((text) => text !== undefined).join(' · ')));
}

/** What a person should know of a cluster besides its state. */
export function clusterNote(cluster: Cluster, policy?: Policy, isKept = false): string {
  const mixed = mixedScripts(cluster.title);
  const notes = [
    ...(mixed === undefined ? [] : [`mixed scripts: ${mixed}`]),
    ...(isKept ? ['opens when kubectl uses it'] : []),
    ...(policy?.verdict === 'denied' ? [`not for you: ${policy.message}`] : []),
    ...(cluster.reach.kind === 'none' ? [`no tunnel: ${cluster.reach.reason}`] : []),
    ...(cluster.stale ? ['stale: its place could not be read the last time'] : []),
    ...cluster.tagProblems
      .filter(({ message }) => cluster.reach.kind !== 'none' || !cluster.reach.reason.startsWith(message))
      .map(({ message, hint }) => `${message} ${hint}`),
  ];
  return notes.length === 0 ? '' : paint('dim', printable(notes.join(' · ')));
}
