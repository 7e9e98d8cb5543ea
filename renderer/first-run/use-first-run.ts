import { useCallback, useState } from 'react';
import { useActions, useAgent } from '../agent/page.tsx';

/** Whether the page of the first run stands in place of the list. */
export function useFirstRun(): {
  readonly isShown: boolean;
  /** The person has left it, by what they did there. */
  readonly isLeft: boolean;
  /** The person is at it: clusters that are found meanwhile do not take it away. */
  hold(): void;
  leave(): void;
  /** It comes no more by itself. */
  end(): void;
} {
  const actions = useActions();
  const isWanted = useAgent(
    ({ clusters, organisation, settings }) =>
      clusters.size === 0 && organisation === undefined && settings.firstRun,
  );
  const [state, setState] = useState<'fresh' | 'held' | 'left'>('fresh');
  const hold = useCallback(() => setState('held'), []);
  const leave = useCallback(() => setState((before) => (before === 'held' ? 'left' : before)), []);
  const end = useCallback(() => {
    leave();
    void actions.endFirstRun();
  }, [actions, leave]);
  const isShown = isWanted || state === 'held';
  return { isShown, isLeft: !isShown && state === 'left', hold, leave, end };
}
