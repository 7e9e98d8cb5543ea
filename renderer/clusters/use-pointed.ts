import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { Pointed } from './hold-order.ts';

/** The pointer counts as moving for this long after its last move. */
const restMs = 1_500;

export interface PointedView {
  readonly pointed: Pointed | undefined;
  /** Whether the pointer has not moved for a moment. */
  readonly isResting: boolean;
  /** Lets the rows move until the pointer moves again. */
  release(): void;
  /** Call it when the rows change: another one may be under the pointer. */
  look(): void;
}

/**
 * Returns what the pointer is on in the list in `area`. Only a change of position counts as a move: browsers also send
 * events when the page changes below a resting pointer, or when something opens over the list. A finger counts for a
 * moment after it is lifted, so that a second tap hits the same row.
 */
export function usePointed(area: RefObject<HTMLElement | null>): PointedView {
  const [pointed, setPointed] = useState<Pointed>();
  const [isResting, setResting] = useState(true);
  const position = useRef<{ readonly x: number; readonly y: number }>(undefined);

  const point = useCallback((now: Pointed | undefined) => {
    setPointed((before) => (before?.kind === now?.kind && before?.id === now?.id ? before : now));
  }, []);
  const look = useCallback(() => {
    if (position.current === undefined) return;
    const element = document.elementFromPoint(position.current.x, position.current.y);
    if (element !== null && area.current?.contains(element) === true) point(pointedOf(element));
  }, [area, point]);
  const release = useCallback(() => {
    position.current = undefined;
    point(undefined);
  }, [point]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLifted = false;
    const stir = () => {
      setResting(false);
      clearTimeout(timer);
      timer = setTimeout(() => {
        setResting(true);
        if (isLifted) release();
      }, restMs);
    };
    const hearMove = ({ type, clientX: x, clientY: y, target }: PointerEvent) => {
      const before = position.current;
      if (type === 'pointermove' && before?.x === x && before.y === y) return look();
      position.current = { x, y };
      isLifted = false;
      const isInside = target instanceof Element && area.current?.contains(target) === true;
      point(isInside ? pointedOf(target) : undefined);
      stir();
    };
    const hearLift = ({ pointerType }: PointerEvent) => {
      if (pointerType === 'mouse') return;
      isLifted = true;
      stir();
    };
    const listening = new AbortController();
    const options = { capture: true, passive: true, signal: listening.signal };
    document.addEventListener('pointermove', hearMove, options);
    document.addEventListener('pointerdown', hearMove, options);
    document.addEventListener('pointerup', hearLift, options);
    document.addEventListener('pointercancel', hearLift, options);
    document.addEventListener('wheel', stir, options);
    // Scrolling moves other rows under the pointer.
    document.addEventListener('scroll', look, options);
    // An overlay was closed, perhaps by a key.
    document.addEventListener('pointerover', look, options);
    document.addEventListener('keyup', look, options);
    // The pointer has left the window.
    document.documentElement.addEventListener(
      'pointerleave',
      ({ pointerType }) => {
        if (pointerType === 'mouse') release();
      },
      { signal: listening.signal },
    );
    return () => {
      clearTimeout(timer);
      listening.abort();
    };
  }, [area, look, point, release]);
  return { pointed, isResting, release, look };
}

function pointedOf(element: Element): Pointed | undefined {
  const row = element.closest<HTMLElement>('[data-cluster]');
  if (row !== null) return { kind: 'row', id: row.dataset.cluster as ClusterId };
  const head = element.closest<HTMLElement>('[data-section]');
  return head === null ? undefined : { kind: 'head', id: head.dataset.section ?? '' };
}
