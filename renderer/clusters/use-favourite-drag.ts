import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { headHeight, rowHeight } from './items.ts';
import { rowOf } from './row-focus.ts';

/** px that a pressed pointer has to move before it drags. */
const startsAfter = 5;
/** px from the edge of the list within which a drag scrolls it. */
const edge = 28;

export interface FavouriteDrag {
  readonly id: ClusterId;
  /** The gap that it would be dropped into: 0 is above the first favourite. */
  readonly gap: number;
}

/**
 * Lets the pointer drag a row of the favourites to another position among them. Escape leaves the order as it is. Not
 * for fingers, which scroll. `top` is that of the section in the list, in px; undefined while nothing can be dragged.
 */
export function useFavouriteDrag({
  list,
  ids,
  top,
  onDrop,
}: {
  readonly list: RefObject<HTMLElement | null>;
  /** The favourites in the section, from above. */
  readonly ids: readonly ClusterId[];
  readonly top: number | undefined;
  readonly onDrop: (move: { readonly from: number; readonly to: number }) => void;
}): { readonly drag: FavouriteDrag | undefined; onPointerDown(event: ReactPointerEvent): void } {
  const [drag, setDrag] = useState<FavouriteDrag>();
  const now = useRef({ ids, top, onDrop });
  now.current = { ids, top, onDrop };
  const pressed = useRef<AbortController>(undefined);
  useEffect(() => () => pressed.current?.abort(), []);

  const onPointerDown = ({ target, button, pointerType, clientX, clientY }: ReactPointerEvent) => {
    const id = rowOf(target);
    const isPressed = button === 0 && pointerType !== 'touch' && id !== undefined && ids.includes(id);
    // A press on another control than the name is for that control.
    if (!isPressed || top === undefined || (target as Element).closest('input, button:not(.row-title)'))
      return;
    pressed.current?.abort();
    const listening = new AbortController();
    pressed.current = listening;
    let dragged: FavouriteDrag | undefined;
    const end = () => {
      listening.abort();
      setDrag(undefined);
      if (dragged !== undefined) swallowClick();
    };
    const hearMove = (event: PointerEvent) => {
      const element = list.current;
      const isNear = Math.hypot(event.clientX - clientX, event.clientY - clientY) < startsAfter;
      if (element === null || now.current.top === undefined || (dragged === undefined && isNear)) return;
      const box = element.getBoundingClientRect();
      if (event.clientY < box.top + edge) element.scrollBy(0, -rowHeight / 2);
      else if (event.clientY > box.bottom - edge) element.scrollBy(0, rowHeight / 2);
      const y = event.clientY - box.top + element.scrollTop - now.current.top - headHeight;
      const gap = Math.max(0, Math.min(Math.round(y / rowHeight), now.current.ids.length));
      if (dragged?.gap === gap) return;
      dragged = { id, gap };
      setDrag(dragged);
    };
    const drop = () => {
      const from = now.current.ids.indexOf(id);
      const gap = dragged?.gap;
      end();
      if (gap !== undefined && from >= 0) now.current.onDrop({ from, to: gap > from ? gap - 1 : gap });
    };
    const hearKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || dragged === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      end();
    };
    const options = { capture: true, signal: listening.signal };
    document.addEventListener('pointermove', hearMove, options);
    document.addEventListener('pointerup', drop, options);
    document.addEventListener('pointercancel', end, options);
    document.addEventListener('keydown', hearKey, options);
  };
  return { drag, onPointerDown };
}

/** The button is released, perhaps over the same row: that does not open it. */
function swallowClick(): void {
  const listening = new AbortController();
  document.addEventListener(
    'click',
    (event) => {
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true, signal: listening.signal },
  );
  // The click, if there is one, comes before the next task.
  setTimeout(() => listening.abort());
}
