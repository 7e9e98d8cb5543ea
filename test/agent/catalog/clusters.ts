import { taggedCluster } from '../../../main/agent/catalog/tagged-cluster.ts';
import type { Clock } from '../../../main/agent/parts.ts';
import type { CellOutcome, CellResult } from '../../../main/agent/providers/discovery-source.ts';
import type { Cluster } from '../../../main/model/cluster.ts';

/** A cluster of EKS as discovery makes it. */
export function eksCluster(
  name: string,
  options: {
    readonly region?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly tagPrefix?: string;
    readonly profiles?: string[];
    readonly seenAt?: number;
  } = {},
): Cluster {
  const { region = 'eu-west-1', tags = {}, tagPrefix, profiles = ['platform'], seenAt = 0 } = options;
  return taggedCluster({
    source: 'eks',
    account: '111122223333',
    region,
    name,
    tags,
    tagPrefix,
    server: `https://${name}.eks.amazonaws.com`,
    credential: {
      kind: 'eks',
      cluster: name,
      region,
      ways: profiles.map((profile) => ({ kind: 'profile', name: profile })),
    },
    seenAt,
  });
}

export function cell(outcome: CellOutcome, region = 'eu-west-1'): CellResult {
  return { cell: { source: 'eks', account: '111122223333', region }, outcome };
}

export const listed = (...clusters: readonly Cluster[]): CellOutcome => ({ kind: 'listed', clusters });

export const throttled: CellOutcome = {
  kind: 'failed',
  error: { code: 'aws-throttled', message: 'AWS throttles.', retryable: true },
};

export const denied: CellOutcome = {
  kind: 'failed',
  error: { code: 'aws-denied', message: 'AWS denies.', retryable: false },
};

/** Time that stands still until it is moved. */
export interface HeldClock extends Clock {
  advance(ms: number): void;
  readonly timers: number;
}

export function heldClock(start = 1_000_000): HeldClock {
  let now = start;
  const due = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    timer(ms, run) {
      const timer = { at: now + ms, run };
      due.add(timer);
      return () => due.delete(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        due.add({ at: now + ms, run: resolve });
      }),
    advance(ms) {
      now += ms;
      for (const timer of [...due]) {
        if (timer.at > now) continue;
        due.delete(timer);
        timer.run();
      }
    },
    get timers() {
      return due.size;
    },
  };
}
