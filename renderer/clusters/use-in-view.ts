import { type RefObject, useEffect, useRef } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';

/** Rows that are only scrolled past are not reported. */
const restMs = 300;

/**
 * Reports the visible rows to the agent once they have been visible for a moment, and again when another session or
 * agent may answer differently; not while the window or the list is hidden.
 */
export function useInView(list: RefObject<HTMLElement | null>, ids: readonly ClusterId[]): void {
  const { lookUpPolicies } = useActions();
  const sessions = useAgent((agent) => agent.sessions);
  const isLinked = usePage(({ link }) => link.status === 'ready');
  const inView = useRef(ids);
  inView.current = ids;
  const report = useRef(() => {});

  // biome-ignore lint/correctness/useExhaustiveDependencies: another session may have other policies.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let reported = '';
    report.current = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const seen = inView.current;
        const now = seen.join('\n');
        const isSeen = document.visibilityState === 'visible' && list.current?.checkVisibility();
        if (isSeen !== true || !isLinked || seen.length === 0 || now === reported) return;
        reported = now;
        lookUpPolicies(seen);
      }, restMs);
    };
    const onVisibility = () => {
      // What was reported before may be out of date.
      reported = '';
      report.current();
    };
    report.current();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [list, lookUpPolicies, isLinked, sessions]);

  const shown = ids.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows are in view.
  useEffect(() => report.current(), [shown]);
}
