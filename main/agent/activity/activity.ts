import { isDeepStrictEqual } from 'node:util';
import type { ActivityDraft, ActivityEntry, History } from '../../model/activity-entry.ts';
import type { Change, EndedSessionView, Kubectl, SliceValues, Snapshot } from '../../model/agent-view.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { ReleaseView } from '../../model/release.ts';
import type { Settings } from '../../model/settings.ts';
import type { Clock, Logger } from '../parts.ts';
import { createDiscoveryObserver } from './discovery-observer.ts';
import { type Journal, openJournal } from './journal.ts';
import { createLatency } from './latency.ts';
import { createTunnelObserver } from './tunnel-observer.ts';

const failuresAtMost = 5;

/** Unlocks are in the memory of an agent: those that the last one did not end are over since it ended. */
function endUnlocks(journal: Journal): void {
  const open = new Map<ClusterId, Extract<ActivityEntry, { kind: 'unlocked' }>>();
  for (const entry of journal.entries())
    if (entry.kind === 'unlocked') open.set(entry.cluster, entry);
    else if (entry.kind === 'locked') open.delete(entry.cluster);
  for (const { id: _, at: __, kind: ___, ...unlock } of open.values())
    journal.append({ kind: 'locked', ...unlock, by: 'agent' });
}

/**
 * The journal of events, built from the changes that every subscriber gets and from a few entries that no change
 * reports.
 */
export interface Activity {
  hear(change: Change): void;
  /** Adds an entry that no change reports. */
  add(draft: ActivityDraft): void;
  /** Runs work that the user requested: attributes what happens to these meanwhile to the user. */
  during<T>(what: readonly (ClusterId | 'discovery')[], work: () => Promise<T>): Promise<T>;
  /** Returns entries, the newest first: those after the entry `since`, at most `limit`. */
  list(options: {
    readonly since?: number | undefined;
    readonly limit?: number | undefined;
  }): ActivityEntry[];
  past(id: ClusterId): Pick<History, 'samples' | 'failures'>;
  close(): Promise<void>;
}

export async function createActivity(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The state before the first change. */
  readonly from: Pick<
    Snapshot,
    'clusters' | 'cells' | 'discovery' | 'sessions' | 'settings' | 'kept' | 'kubectl'
  >;
  readonly onEntry: (entry: ActivityEntry) => void;
}): Promise<Activity> {
  const { clock, from, onEntry } = options;
  const journal = await openJournal(options);
  endUnlocks(journal);
  const latency = createLatency(clock);
  const discovery = createDiscoveryObserver(from);
  let { sessions, settings, kept, kubectl: current } = from;
  const asked = new Set<readonly (ClusterId | 'discovery')[]>();
  const isAsked = (what: ClusterId | 'discovery') => [...asked].some((list) => list.includes(what));
  const observeTunnel = createTunnelObserver({
    clock,
    titleOf: discovery.titleOf,
    opener: (id) => (isAsked(id) ? 'person' : kept.includes(id) ? 'kubectl' : 'agent'),
  });

  const hearSessions = (
    now: Snapshot['sessions'],
    ended: readonly EndedSessionView[],
  ): readonly ActivityDraft[] => {
    const before = sessions;
    sessions = now;
    const begun = now.filter(
      ({ authDomain, endsAt }) =>
        !before.some((known) => known.authDomain === authDomain && known.endsAt >= endsAt),
    );
    const over = before.filter(({ authDomain }) => !now.some((session) => session.authDomain === authDomain));
    return [
      ...over.map(({ authDomain, endsAt }): ActivityDraft => {
        const of = { provider: 'access', session: authDomain } as const;
        if (ended.some((one) => one.authDomain === authDomain && one.isRevoked))
          return { kind: 'sign-in-ended', ...of, message: 'The organisation ended it before it expired.' };
        return { kind: endsAt <= clock.now() ? 'sign-in-ended' : 'signed-out', ...of };
      }),
      ...begun.map(
        ({ authDomain, email }): ActivityDraft => ({
          kind: 'signed-in',
          provider: 'access',
          session: authDomain,
          ...(email === undefined ? {} : { who: email }),
        }),
      ),
    ];
  };

  const hearSettings = (now: Settings): readonly ActivityDraft[] => {
    const before = settings;
    settings = now;
    const names = (Object.keys(now) as (keyof Settings)[]).filter(
      (name) => !isDeepStrictEqual(now[name], before[name]),
    );
    return names.length === 0 ? [] : [{ kind: 'settings', names }];
  };

  const hearKubectl = (now: Kubectl): readonly ActivityDraft[] => {
    // The begin or end of a time limit is not a switch of the context.
    const { context, cluster } = now;
    if (context === current.context && cluster === current.cluster) return [];
    current = now;
    return [
      {
        kind: 'kubectl',
        ...(context === undefined ? {} : { context }),
        ...(cluster === undefined ? {} : { cluster }),
      },
    ];
  };

  const hearRelease = ({ version }: ReleaseView): readonly ActivityDraft[] => {
    const isReported = journal.entries().some((one) => one.kind === 'release' && one.version === version);
    return isReported ? [] : [{ kind: 'release', version }];
  };

  const hearSet = (values: SliceValues): readonly ActivityDraft[] => {
    if (values.kept !== undefined) ({ kept } = values);
    return [
      ...(values.discovery ? discovery.hearStatus(values.discovery, isAsked('discovery')) : []),
      ...(values.sessions ? hearSessions(values.sessions, values.endedSessions ?? []) : []),
      ...(values.settings ? hearSettings(values.settings) : []),
      ...(values.kubectl ? hearKubectl(values.kubectl) : []),
      ...(values.release ? hearRelease(values.release) : []),
    ];
  };

  const draftsOf = (change: Change): readonly ActivityDraft[] => {
    switch (change.kind) {
      case 'set':
        return hearSet(change.values);
      case 'catalog':
        discovery.hearCatalog(change);
        return [];
      case 'tunnel': {
        latency.hear(change.tunnel);
        const draft = observeTunnel(change.tunnel);
        return draft === undefined ? [] : [draft];
      }
      default:
        return [];
    }
  };
  const add = (draft: ActivityDraft) => onEntry(journal.append(draft));

  return {
    hear: (change) => draftsOf(change).forEach(add),
    add,
    async during(what, work) {
      asked.add(what);
      try {
        return await work();
      } finally {
        asked.delete(what);
      }
    },
    list: ({ since = 0, limit = Number.POSITIVE_INFINITY }) =>
      journal
        .entries()
        .filter(({ id }) => id > since)
        .toReversed()
        .slice(0, limit),
    past: (id) => ({
      samples: [...latency.of(id)],
      failures: journal
        .entries()
        .filter(
          (one) =>
            (one.kind === 'failed' || one.kind === 'interrupted' || one.kind === 'client-failed') &&
            one.cluster === id,
        )
        .slice(-failuresAtMost)
        .toReversed(),
    }),
    close: journal.close,
  };
}
