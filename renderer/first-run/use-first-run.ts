import { useCallback, useState } from 'react';
import { useActions, useAgent } from '../agent/page.tsx';

/** Decides whether the first run is shown instead of the list. */
export function useFirstRun(): {
  readonly isShown: boolean;
  /** It was shown, and the user acted on it. */
  readonly isLeft: boolean;
  /** Shows the first run after an organisation was set up, until a cluster is found. */
  offer(): void;
  /** Keeps the first run open while the user works in it, even when clusters are found. */
  hold(): void;
  leave(): void;
  /** Never shows it automatically again. */
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
