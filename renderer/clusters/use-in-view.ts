import { type RefObject, useEffect, useRef } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';

/** Rows that are only scrolled past are not reported. */
const restMs = 300;

/**
 * Tells the agent which rows are in view once they have been for a moment, and again when another session or agent may
 * answer differently; nothing while the window or the list in it is hidden.
 */
export function useInView(list: RefObject<HTMLElement | null>, ids: readonly ClusterId[]): void {
  const { lookAt } = useActions();
  const sessions = useAgent((agent) => agent.sessions);
  const isLinked = usePage(({ link }) => link.status === 'ready');
  const inView = useRef(ids);
  inView.current = ids;
  const tell = useRef(() => {});

  // biome-ignore lint/correctness/useExhaustiveDependencies: who signs in may be told otherwise.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let told = '';
    tell.current = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const seen = inView.current;
        const now = seen.join('\n');
        const isSeen = document.visibilityState === 'visible' && list.current?.checkVisibility();
        if (isSeen !== true || !isLinked || seen.length === 0 || now === told) return;
        told = now;
        lookAt(seen);
      }, restMs);
    };
    const onVisibility = () => {
      // What was reported before may be out of date.
      told = '';
      tell.current();
    };
    tell.current();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [list, lookAt, isLinked, sessions]);

  const shown = ids.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows are in view.
  useEffect(() => tell.current(), [shown]);
}
