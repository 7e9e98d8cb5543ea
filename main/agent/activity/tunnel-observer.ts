import type { ActivityDraft } from '../../model/activity-entry.ts';
import type { TunnelView } from '../../model/agent-view.ts';
import type { ErrorCode } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Clock } from '../parts.ts';

type By = Extract<ActivityDraft, { kind: 'connected' }>['by'];

interface Seen {
  readonly status: TunnelView['state']['status'];
  /** Who opened it. */
  readonly by: By;
  /** True if it was connected since it was opened. */
  readonly hasStood: boolean;
  /** Since when it is disconnected, if that was reported. */
  readonly awaySince?: number | undefined;
}

/** Do not report the same failure again within this time, unless the user asked: clients retry forever. */
const sameAgainMs = 60_000;

/** Decides which changes of a tunnel are reported. */
export function createTunnelObserver(options: {
  readonly clock: Pick<Clock, 'now'>;
  readonly titleOf: (id: ClusterId) => string;
  /** Returns who would open it, if it were opened now. */
  readonly opener: (id: ClusterId) => By;
}): (tunnel: TunnelView) => ActivityDraft | undefined {
  const { clock, titleOf, opener } = options;
  const seen = new Map<ClusterId, Seen>();
  const reported = new Map<ClusterId, { readonly code: ErrorCode; readonly at: number }>();

  const isNews = (id: ClusterId, code: ErrorCode): boolean => {
    const last = reported.get(id);
    if (last?.code === code && clock.now() - last.at < sameAgainMs) return false;
    reported.set(id, { code, at: clock.now() });
    return true;
  };

  return ({ cluster, state }) => {
    const { status } = state;
    const known = seen.get(cluster);
    const isNew = known === undefined || known.status === 'idle' || known.status === 'failed';
    const before: Seen =
      isNew && status !== 'closing' && status !== 'idle'
        ? { status: 'idle', by: opener(cluster), hasStood: false }
        : (known ?? { status: 'idle', by: 'agent', hasStood: false });
    const put = (more: Partial<Seen> = {}) => void seen.set(cluster, { ...before, ...more, status });
    const of = { cluster, title: titleOf(cluster) };
    switch (state.status) {
      case 'connected': {
        const { awaySince } = before;
        put({ hasStood: true, awaySince: undefined });
        if (before.status === 'connected') return undefined;
        if (!before.hasStood) return { kind: 'connected', ...of, by: before.by, ms: state.probe.totalMs };
        return awaySince === undefined
          ? undefined
          : { kind: 'reconnected', ...of, awayMs: clock.now() - awaySince };
      }
      case 'degraded':
      case 'reconnecting': {
        const isReported = before.status === 'degraded' || before.status === 'reconnecting';
        if (isReported || !isNews(cluster, state.failure.error.code)) {
          put();
          return undefined;
        }
        put({ awaySince: clock.now() });
        return { kind: 'interrupted', ...of, failure: state.failure };
      }
      case 'failed':
        put();
        if (!isNews(cluster, state.failure.error.code) && before.by !== 'person') return undefined;
        return { kind: 'failed', ...of, failure: state.failure };
      case 'closing':
        put({ hasStood: false });
        if (!before.hasStood) return undefined;
        return { kind: 'closed', ...of, by: opener(cluster) === 'person' ? 'person' : 'agent' };
      case 'idle':
        seen.delete(cluster);
        return undefined;
      default:
        put();
        return undefined;
    }
  };
}
