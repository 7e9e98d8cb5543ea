import { isDeepStrictEqual } from 'node:util';
import { withValues } from '../../model/agent-state.ts';
import type { Change, Slices, SliceValues } from '../../model/agent-view.ts';
import { toPlainError } from '../../model/app-error.ts';
import { defaultSettings, defaultSettingsFrom } from '../../model/settings.ts';
import type { Logger } from '../parts.ts';

/** The agent's visible state in slices. Reports all changes to subscribers. */
export interface State {
  get(): Slices;
  /** Replaces slices and reports it as one change. Does nothing if they have these values already. */
  set(values: SliceValues): void;
  /** Reports a change of something that the state does not contain. */
  report(change: Exclude<Change, { kind: 'set' }>): void;
  /** Returns an unsubscribe function. Logs what a listener throws. */
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
    collapsedGroups: [],
    kept: [],
    terminals: [],
    settings: defaultSettings,
    settingsFrom: defaultSettingsFrom,
  };
  const listeners = new Set<(change: Change, before: Slices) => void>();

  const report = (change: Change, before: Slices) => {
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
      report({ kind: 'set', values }, before);
    },
    report: (change) => report(change, slices),
    subscribe: (listener) => listen((change) => listener(change)),
    watch: (key, listener) =>
      listen((change, before) => {
        if (change.kind !== 'set' || !(key in change.values)) return;
        const now = slices[key];
        if (!isDeepStrictEqual(now, before[key])) listener(now, before[key]);
      }),
  };
}
