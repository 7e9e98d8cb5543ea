import type { Change } from '../../model/agent-view.ts';
import type { Sample } from './open-metrics.ts';

/** Counts by one label. */
interface Counter {
  add(value: string): void;
  samples(): readonly Sample[];
}

/** What the agent counts since its start, besides the requests of local TLS proxies. */
export interface Counters {
  /** Connections to clusters: `opened` or `failed`. */
  readonly dials: Counter;
  /** Clients that a local port has refused, by reason. */
  readonly refusals: Counter;
  /** Entries of the journal, by kind. */
  readonly events: Counter;
  /** Counts what a change reports. Never throws. */
  hear(change: Change): void;
}

export function createCounters(): Counters {
  const events = counterBy('event');
  return {
    dials: counterBy('result', ['opened', 'failed']),
    refusals: counterBy('reason', ['account', 'password', 'tls', 'form']),
    events,
    hear(change) {
      if (change.kind === 'activity') events.add(change.entry.kind);
    },
  };
}

/** `known` are shown before they happen, so that the first one is a change. */
function counterBy(label: string, known: readonly string[] = []): Counter {
  const counts = new Map(known.map((value) => [value, 0]));
  return {
    add: (value) => void counts.set(value, (counts.get(value) ?? 0) + 1),
    samples: () => Array.from(counts, ([name, value]) => ({ labels: { [label]: name }, value })),
  };
}
