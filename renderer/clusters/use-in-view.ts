import { type RefObject, useEffect, useRef } from 'react';
import type { ClusterId } from '../../main/agent/catalog/cluster.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import type { Section } from './layout.ts';

/** Long enough that rows which only pass by in scrolling are not told of. */
const restMs = 300;
const atMost = 200;

/**
 * Tells the agent which rows are in view once they have been for a moment, and again when another session or agent may
 * answer differently; nothing while the window is hidden. `shown` is what stands in the list.
 */
export function useInView(list: RefObject<HTMLElement | null>, shown: readonly Section[]): void {
  const { lookAt } = useActions();
  const sessions = useAgent((agent) => agent.sessions);
  const isLinked = usePage(({ link }) => link.status === 'ready');
  const inView = useRef(new Set<Element>());
  const tell = useRef(() => {});

  // biome-ignore lint/correctness/useExhaustiveDependencies: who signs in may be told otherwise.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let told = '';
    tell.current = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const seen = [...inView.current].filter((row) => row.isConnected).slice(0, atMost);
        const ids = seen.map((row) => row.getAttribute('data-cluster') as ClusterId);
        const now = ids.join('\n');
        if (document.visibilityState !== 'visible' || !isLinked || ids.length === 0 || now === told) return;
        told = now;
        lookAt(ids);
      }, restMs);
    };
    const onVisibility = () => {
      // What was told of before may have grown old meanwhile.
      told = '';
      tell.current();
    };
    tell.current();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [lookAt, isLinked, sessions]);

  const observer = useRef<IntersectionObserver>(undefined);
  const observed = useRef(new Set<Element>());
  useEffect(() => {
    observer.current = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) inView.current.add(target);
          else inView.current.delete(target);
        }
        tell.current();
      },
      { root: list.current },
    );
    return () => {
      observer.current?.disconnect();
      observed.current.clear();
      inView.current.clear();
    };
  }, [list]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows in the page are other ones when `shown` is.
  useEffect(() => {
    for (const row of observed.current) {
      if (row.isConnected) continue;
      observer.current?.unobserve(row);
      observed.current.delete(row);
      inView.current.delete(row);
    }
    for (const row of list.current?.querySelectorAll('[data-cluster]') ?? []) {
      if (observed.current.has(row)) continue;
      observed.current.add(row);
      observer.current?.observe(row);
    }
    tell.current();
  }, [list, shown]);
}
