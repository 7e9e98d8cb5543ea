import type { TunnelView } from '../../main/model/agent-view.ts';
import type { Cluster } from '../../main/model/cluster.ts';
import type { GroupBy } from '../../main/model/group-key.ts';
import type { Policy } from '../../main/model/policy.ts';
import type { KnownFailure } from '../agent/apply-change.ts';
import { locationWithin } from '../text/location.ts';
import { failureText } from './failure-text.ts';
import { clustersText } from './text.ts';

export type Mark = 'off' | 'busy' | 'connected' | 'degraded' | 'failed' | 'none' | 'denied';

/** The content of a row. */
export interface RowView {
  readonly mark: Mark;
  readonly line: string;
  readonly tone: 'quiet' | 'attention' | 'danger';
  readonly isOn: boolean;
  /** Whether the cluster's page has more details of a failure. */
  readonly hasWhy: boolean;
  /** It waits for its next attempt. */
  readonly waits?: true;
}

export interface RowFacts {
  readonly cluster: Cluster;
  readonly tunnel?: TunnelView | undefined;
  readonly failure?: KnownFailure | undefined;
  /** The Access policy for the cluster, if known. */
  readonly policy?: Policy | undefined;
  readonly asked?: 'connect' | 'disconnect' | undefined;
  /** The grouping whose head is above the row, if any: the row does not repeat it. */
  readonly groupedBy?: GroupBy | undefined;
  /** ms since the epoch. */
  readonly now: number;
}

export function rowView({ cluster, tunnel, failure, policy, asked, groupedBy, now }: RowFacts): RowView {
  const where = locationWithin(cluster, groupedBy);
  const state = tunnel?.state ?? { status: 'idle' };
  const quiet = { tone: 'quiet', hasWhy: false } as const;
  const busy = { mark: 'busy', ...quiet } as const;
  if (asked === 'disconnect' || state.status === 'closing')
    return { ...busy, line: clustersText.row.closing, isOn: false };
  switch (state.status) {
    case 'logging-in':
      return { ...busy, line: clustersText.row.loggingIn, isOn: true };
    case 'connecting':
      return { ...busy, line: clustersText.row.connecting, isOn: true };
    case 'connected':
      return { mark: 'connected', ...quiet, line: where, isOn: true };
    case 'degraded':
    case 'reconnecting': {
      const reason = failureText(state.failure.error.code);
      const line =
        state.status === 'degraded'
          ? clustersText.row.degraded(reason)
          : clustersText.row.reconnecting(state.nextAt - now, reason);
      return { mark: 'degraded', line, tone: 'attention', isOn: true, hasWhy: true, waits: true };
    }
    case 'failed':
      return {
        mark: 'failed',
        line: failureText(state.failure.error.code),
        tone: 'danger',
        isOn: true,
        hasWhy: true,
      };
    case 'idle':
      if (asked === 'connect') return { ...busy, line: clustersText.row.connecting, isOn: true };
      if (failure !== undefined)
        return {
          mark: 'failed',
          line: failureText(failure.error.code),
          tone: 'danger',
          isOn: false,
          hasWhy: true,
        };
      if (policy?.verdict === 'denied')
        return { mark: 'denied', line: policy.message, tone: 'quiet', isOn: false, hasWhy: true };
      return { ...restingView(cluster, where, now), isOn: false, hasWhy: false };
  }
}

function restingView(cluster: Cluster, where: string, now: number): Pick<RowView, 'mark' | 'line' | 'tone'> {
  if (cluster.reach.kind === 'none') return { mark: 'none', line: cluster.reach.reason, tone: 'quiet' };
  if (cluster.stale)
    return {
      mark: 'off',
      line: [where, clustersText.row.stale(now - cluster.seenAt)].filter(Boolean).join(' · '),
      tone: 'attention',
    };
  return { mark: 'off', line: where, tone: 'quiet' };
}
