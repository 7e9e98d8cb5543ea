import type { Clock } from '../parts.ts';
import type { CellResult } from '../providers/discovery-source.ts';

/** How long a location may take before it is named. */
const slowMs = 10_000;

type Location = CellResult['cell'];

export interface SlowLocations {
  /** A location is being read; call the returned function when it has been, whatever came of it. */
  begin(location: Location): () => void;
  /** The locations that have taken more than 10 s and are still being read. */
  list(): readonly Location[];
  close(): void;
}

export function createSlowLocations(options: {
  readonly clock: Clock;
  /** Called when `list` has changed. */
  readonly onChange: () => void;
}): SlowLocations {
  const { clock, onChange } = options;
  /** In the order in which they began. */
  const pending = new Set<{ readonly location: Location; readonly since: number; isSlow: boolean }>();
  let cancel: (() => void) | undefined;

  const check = () => {
    cancel = undefined;
    let hasChanged = false;
    for (const entry of pending) {
      const leftMs = entry.since + slowMs - clock.now();
      if (leftMs > 0) {
        cancel = clock.timer(leftMs, check);
        break;
      }
      hasChanged ||= !entry.isSlow;
      entry.isSlow = true;
    }
    if (hasChanged) onChange();
  };

  return {
    begin(location) {
      const entry = { location, since: clock.now(), isSlow: false };
      pending.add(entry);
      cancel ??= clock.timer(slowMs, check);
      return () => {
        pending.delete(entry);
        if (entry.isSlow) onChange();
      };
    },
    list: () => [...pending].filter(({ isSlow }) => isSlow).map(({ location }) => location),
    close() {
      pending.clear();
      cancel?.();
    },
  };
}
