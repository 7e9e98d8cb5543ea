import { useCallback, useState } from 'react';
import { useActions, useAgent } from '../agent/page.tsx';

/** Whether the page of the first run stands in place of the list. */
export function useFirstRun(): {
  readonly isShown: boolean;
  /** It was there, and the person did something. */
  readonly isLeft: boolean;
  /** An organisation has been set up: until a cluster is found, what that still takes is shown. */
  offer(): void;
  /** The person is at it: clusters that are found meanwhile do not take it away. */
  hold(): void;
  leave(): void;
  /** It comes no more by itself. */
  end(): void;
} {
  const actions = useActions();
  const isEmpty = useAgent(({ clusters }) => clusters.size === 0);
  const isWanted = useAgent(({ settings }) => settings.firstRun);
  const [state, setState] = useState<'fresh' | 'offered' | 'held' | 'left'>('fresh');
  const offer = useCallback(() => setState('offered'), []);
  const hold = useCallback(() => setState('held'), []);
  const leave = useCallback(() => setState((before) => (before === 'fresh' ? before : 'left')), []);
  const end = useCallback(() => {
    leave();
    void actions.endFirstRun();
  }, [actions, leave]);
  const isShown = state === 'held' || (isEmpty && (isWanted || state === 'offered'));
  return { isShown, isLeft: !isShown && state !== 'fresh', offer, hold, leave, end };
}
