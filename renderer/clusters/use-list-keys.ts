import type { KeyboardEvent, RefObject } from 'react';
import { flushSync } from 'react-dom';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { headHeight, rowHeight } from './items.ts';
import { focusRow, rowOf } from './row-focus.ts';

/**
 * Returns what handles the keys of the list. Arrows, Home, End and the page keys move between rows, Enter opens, Space
 * toggles, `*` stars, `x` selects, the menu key (or Shift and F10) shows the actions, Ctrl or Cmd and Enter opens a
 * terminal, Alt and an arrow moves a favourite.
 */
export function useListKeys({
  ids,
  anchor,
  onFocus,
  onOpen,
  onMenu,
  onToggle,
  onExtend,
  onSelectAll,
  onMove,
}: {
  /** All rows, from above. */
  readonly ids: readonly ClusterId[];
  /** The row that a range selection starts from. */
  readonly anchor: RefObject<ClusterId | undefined>;
  readonly onFocus: (id: ClusterId) => void;
  readonly onOpen: (id: ClusterId) => void;
  readonly onMenu: (id: ClusterId) => void;
  readonly onToggle: (id: ClusterId) => void;
  readonly onExtend: (to: ClusterId) => void;
  readonly onSelectAll: () => void;
  /** Moves a favourite; returns false if it cannot move. */
  readonly onMove: (id: ClusterId, by: -1 | 1) => boolean;
}): (event: KeyboardEvent<HTMLElement>) => void {
  const actions = useActions();
  const favourites = useAgent((agent) => agent.favourites);
  return (event) => {
    const { target, currentTarget, key } = event;
    const id = rowOf(target);
    if (id === undefined) return;
    const go = (to: number) => {
      const next = ids[Math.max(0, Math.min(to, ids.length - 1))];
      if (next === undefined) return;
      // The tab stop is always rendered, so it can be focused.
      flushSync(() => onFocus(next));
      if (event.shiftKey) {
        anchor.current ??= id;
        onExtend(next);
      } else anchor.current = next;
      focusRow(currentTarget, next);
    };
    const hearPlain = (): boolean => {
      const at = ids.indexOf(id);
      const page = Math.max(1, Math.floor((currentTarget.clientHeight - headHeight) / rowHeight));
      if (key === 'ArrowDown') go(at + 1);
      else if (key === 'ArrowUp') go(at - 1);
      else if (key === 'PageDown') go(at + page);
      else if (key === 'PageUp') go(at - page);
      else if (key === 'Home') go(0);
      else if (key === 'End') go(ids.length - 1);
      else if (key === 'ContextMenu' || (key === 'F10' && event.shiftKey)) onMenu(id);
      else if (key === 'Enter' && target instanceof HTMLInputElement) onOpen(id);
      else if (key === 'x') onToggle(id);
      else if (key === '*') void actions.star(id, !favourites.includes(id));
      else return false;
      return true;
    };
    const hearWithCtrl = (): boolean => {
      if (key === ' ') onToggle(id);
      else if (key === 'a') onSelectAll();
      else if (key === 'Enter') void actions.openTerminal(id);
      else return false;
      return true;
    };
    const hearWithAlt = (): boolean =>
      (key === 'ArrowUp' || key === 'ArrowDown') && onMove(id, key === 'ArrowUp' ? -1 : 1);
    const hear = event.ctrlKey || event.metaKey ? hearWithCtrl : event.altKey ? hearWithAlt : hearPlain;
    if (hear()) event.preventDefault();
  };
}
