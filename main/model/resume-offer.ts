import type { Snapshot } from './agent-view.ts';
import type { ClusterId } from './cluster.ts';

/** Clusters that were connected and are not now, to connect together. */
export interface ResumeOffer {
  readonly clusters: readonly ClusterId[];
  /** When they were connected last, ms since the epoch. */
  readonly at: number;
}

/** Clusters that were closed within this time of the last one were in use together. */
const togetherMs = 60 * 60_000;
/** What the user closed is offered again after this time, or after the next start. */
const pauseMs = 4 * 60 * 60_000;
const atMostMs = 14 * 24 * 60 * 60_000;
const clustersAtMost = 50;

/**
 * Returns what to offer for the day's first connection: what was connected before the agent's last stop, before the end of
 * the session or before a longer break. Undefined where there is nothing.
 */
export function resumeOffer(
  { recent = [], tunnels, agent: { startedAt } }: ResumeFacts,
  now: number,
): ResumeOffer | undefined {
  const states = new Map(Array.from(tunnels, ({ cluster, state }) => [cluster, state]));
  const due = recent.flatMap((one) => {
    const state = states.get(one.cluster);
    const needsLogin = state?.status === 'failed' && loginCodes.has(state.failure.error.code);
    if (needsLogin) return { ...one, needsLogin };
    const isOver = state === undefined && (one.at < startedAt || now - one.at >= pauseMs);
    return isOver && now - one.at <= atMostMs ? { ...one, needsLogin } : [];
  });
  const at = Math.max(...due.map((one) => one.at));
  const clusters = due
    .filter((one) => one.needsLogin || at - one.at <= togetherMs)
    .map(({ cluster }) => cluster)
    .slice(0, clustersAtMost)
    // In the order in which they were closed, which is that in which they were connected: the first may become current.
    .toReversed();
  return clusters.length === 0 ? undefined : { clusters, at };
}

type ResumeFacts = Pick<Snapshot, 'recent'> & {
  readonly tunnels: Iterable<Snapshot['tunnels'][number]>;
  readonly agent: Pick<Snapshot['agent'], 'startedAt'>;
};

/** The tunnel ended with its session, and opens after a login. */
const loginCodes: ReadonlySet<string> = new Set([
  'access-login-needed',
  'access-login-timeout',
  'access-login-failed',
]);
