import { isDeepStrictEqual } from 'node:util';
import { withValues } from '../../model/agent-state.ts';
import type { Change, Slices, SliceValues } from '../../model/agent-view.ts';
import { toPlainError } from '../../model/app-error.ts';
import { defaultSettings, defaultSettingsFrom } from '../../model/settings.ts';
import type { Logger } from '../parts.ts';

/** What the agent shows of itself in slices, and how subscribers are told of all that changes. */
export interface State {
  get(): Slices;
  /** Replaces slices, and tells of it as one change. Does nothing where they have these values already. */
  set(values: SliceValues): void;
  /** Tells of a change to what the state does not hold. */
  tell(change: Exclude<Change, { kind: 'set' }>): void;
  /** Returns an unsubscribe function. What a listener throws is logged. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Calls `listener` after each change of one slice, until the returned function is called. */
  watch<K extends keyof Slices>(key: K, listener: (now: Slices[K], before: Slices[K]) => void): () => void;
}

export function createState(logger: Logger): State {
  let slices: Slices = {
    discovery: { status: 'idle' },
    logins: [],
    sessions: [],
    endedSessions: [],
    kubectl: {},
    favourites: [],
    sets: [],
    kept: [],
    settings: defaultSettings,
    settingsFrom: defaultSettingsFrom,
  };
  const listeners = new Set<(change: Change, before: Slices) => void>();

  const tell = (change: Change, before: Slices) => {
    for (const listener of listeners) {
      try {
        listener(change, before);
      } catch (error) {
        logger.error('A subscriber failed', { change: change.kind, error: toPlainError(error) });
      }
    }
  };
  const listen = (listener: (change: Change, before: Slices) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

  return {
    get: () => slices,
    set(values) {
      const before = slices;
      const now = withValues(before, values);
      if (isDeepStrictEqual(now, before)) return;
      slices = now;
      tell({ kind: 'set', values }, before);
    },
    tell: (change) => tell(change, slices),
    subscribe: (listener) => listen((change) => listener(change)),
    watch: (key, listener) =>
      listen((change, before) => {
        if (change.kind !== 'set' || !(key in change.values)) return;
        const now = slices[key];
        if (!isDeepStrictEqual(now, before[key])) listener(now, before[key]);
      }),
  };
}
