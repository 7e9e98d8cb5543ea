import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { command } from '../../model/command.ts';
import { opensReadOnly, type ReadOnlyProduction } from '../../model/opens-read-only.ts';
import type { LockedBy, Unlock } from '../../model/unlock.ts';
import type { Clock, Logger } from '../parts.ts';
import type { Grant, Grants } from './grants.ts';

/** How often the end of an unlock is looked for: a timer that was set before the computer slept fires late. */
const checkMs = 1_000;

/** A change of the locks, for the journal. */
export type LockEvent =
  | { readonly kind: 'unlocked'; readonly unlock: Unlock }
  | { readonly kind: 'locked'; readonly unlock: Unlock; readonly by: LockedBy };

/**
 * Which production clusters open read-only, and which of them are unlocked for a time. Unlocks are in memory alone, so that
 * a restart of the agent ends them.
 */
export interface ProductionLocks {
  /** Returns true if the cluster opens read-only, locked or not. Its credential is for the local TLS proxy alone. */
  applies(id: ClusterId): boolean;
  /** Returns true if the cluster can only be read now. */
  isLocked(id: ClusterId): boolean;
  /** Returns the clusters that are unlocked now. */
  list(): readonly Unlock[];
  /** Lets its user write for a time. Replaces an earlier unlock of the cluster. */
  unlock(unlock: Omit<Unlock, 'since' | 'until'>, forMs: number): Unlock;
  /** Ends unlocks and everything that goes on because of them, at once. Returns the clusters. */
  lock(isTheirs: (id: ClusterId) => boolean, by: LockedBy): readonly ClusterId[];
  /** Calls `end` once when the cluster is locked. Returns a function that stops this. */
  whileUnlocked(id: ClusterId, end: () => void): () => void;
  close(): void;
}

export function createProductionLocks(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cluster: (id: ClusterId) => Cluster | undefined;
  readonly settings: () => ReadOnlyProduction;
  /** Called with the unlocked clusters when they have changed. */
  readonly onChange: (unlocks: readonly Unlock[]) => void;
  readonly onEvent: (event: LockEvent) => void;
}): ProductionLocks {
  const { clock, logger, cluster, settings, onChange, onEvent } = options;
  const unlocks = new Map<ClusterId, Unlock>();
  const running = new Map<ClusterId, Set<() => void>>();
  let cancelTimer: (() => void) | undefined;

  const applies = (id: ClusterId) => {
    const known = cluster(id);
    return known !== undefined && opensReadOnly(known, settings());
  };
  // A clock that was set back must not lengthen an unlock: compare the absolute age.
  const isOver = ({ since, until }: Unlock) => Math.abs(clock.now() - since) >= until - since;
  const isUnlocked = (id: ClusterId) => {
    const unlock = unlocks.get(id);
    return unlock !== undefined && !isOver(unlock);
  };
  const end = (ids: readonly ClusterId[], by: LockedBy) => {
    const ended = ids.flatMap((id) => unlocks.get(id) ?? []);
    if (ended.length === 0) return;
    for (const unlock of ended) {
      unlocks.delete(unlock.cluster);
      const work = running.get(unlock.cluster) ?? new Set();
      running.delete(unlock.cluster);
      for (const stop of work)
        try {
          stop();
        } catch (error) {
          logger.warn('A request did not end with its unlock', { error: toPlainError(error) });
        }
      onEvent({ kind: 'locked', unlock, by });
    }
    onChange([...unlocks.values()]);
    schedule();
  };
  const check = () => {
    const ids = [...unlocks.keys()];
    end(
      ids.filter((id) => !isUnlocked(id)),
      'time',
    );
    end(
      ids.filter((id) => !applies(id)),
      'rule',
    );
  };
  const schedule = () => {
    cancelTimer?.();
    cancelTimer = undefined;
    const left = [...unlocks.values()].map(({ until }) => until - clock.now());
    if (left.length === 0) return;
    cancelTimer = clock.timer(Math.min(checkMs, Math.max(1, ...left)), () => {
      check();
      schedule();
    });
  };

  return {
    applies,
    isLocked: (id) => applies(id) && !isUnlocked(id),
    list() {
      return [...unlocks.values()].filter((unlock) => !isOver(unlock));
    },
    unlock(given, forMs) {
      check();
      const since = clock.now();
      const unlock = { ...given, since, until: since + forMs };
      unlocks.set(unlock.cluster, unlock);
      onEvent({ kind: 'unlocked', unlock });
      onChange([...unlocks.values()]);
      schedule();
      return unlock;
    },
    lock(isTheirs, by) {
      const ids = [...unlocks.keys()].filter(isTheirs);
      check();
      end(ids, by);
      return ids;
    },
    whileUnlocked(id, stop) {
      const work = running.get(id) ?? new Set();
      running.set(id, work.add(stop));
      return () => {
        work.delete(stop);
        if (work.size === 0 && running.get(id) === work) running.delete(id);
      };
    },
    close() {
      end([...unlocks.keys()], 'agent');
      cancelTimer?.();
    },
  };
}

/** Returns `end` for secrets whose session is over, which also ends the unlocks of their clusters: they were its user's. */
export function endingUnlocks(options: {
  readonly locks: Pick<ProductionLocks, 'lock'>;
  readonly grants: Pick<Grants, 'list'>;
  readonly end: (isEnding: (grant: Grant) => boolean) => Promise<void>;
}): (isEnding: (grant: Grant) => boolean) => Promise<void> {
  const { locks, grants, end } = options;
  return (isEnding) => {
    const clusters = new Set(grants.list().flatMap((one) => (isEnding(one) ? one.cluster : [])));
    locks.lock((id) => clusters.has(id), 'session');
    return end(isEnding);
  };
}

/** Returns the command that unlocks a cluster, for hints. */
export function unlockCommand(title: string): string {
  return command`k8s-tunnels unlock ${title} --reason TEXT`;
}

/** Returns the error for a client that asks for a credential, or a connection, that no rule could limit. */
export function readOnlyProduction({ title }: Pick<Cluster, 'title'>): AppError {
  return new AppError(
    'production-read-only',
    `${title} is a production cluster, which opens read-only: only its local TLS proxy reaches it.`,
    { hint: `Write its kubeconfig entry again: ${command`k8s-tunnels connect --add ${title}`}` },
  );
}
