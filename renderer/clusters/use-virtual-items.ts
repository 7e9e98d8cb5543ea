import {
  defaultRangeExtractor,
  observeElementRect,
  type Range,
  useVirtualizer,
} from '@tanstack/react-virtual';
import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';
import { headHeight, type Item, rowHeight } from './items.ts';
import type { Section } from './layout.ts';
import { moveRows } from './move-rows.ts';

const overscan = 8;

/** A section that is near the visible area. */
export interface ShownSection {
  readonly section: Section;
  /** px from the top of the list. */
  readonly top: number;
  readonly height: number;
  readonly rows: readonly Extract<Item, { kind: 'row' }>[];
}

/**
 * Returns the items near the visible area, by section, and always the row at `kept`, so that it can have the focus.
 * Visible rows keep their position when rows above them come or go; a new `queryKey` scrolls to the top.
 */
export function useVirtualItems(options: {
  readonly list: RefObject<HTMLElement | null>;
  readonly items: readonly Item[];
  readonly kept: number | undefined;
  readonly queryKey: string;
}): {
  readonly height: number;
  readonly sections: readonly ShownSection[];
  readonly inView: readonly Item[];
} {
  const { list, items, kept, queryKey } = options;
  const virtualizer = useVirtualizer<HTMLElement, Element>({
    count: items.length,
    overscan,
    paddingEnd: 8,
    getScrollElement: () => list.current,
    estimateSize: (index) => (items[index]?.kind === 'head' ? headHeight : rowHeight),
    // A new function when the items change: only then are the sizes measured again.
    getItemKey: useCallback(
      (index: number) => {
        const item = items[index];
        return item === undefined
          ? index
          : `${item.section.id} ${item.kind === 'row' ? item.cluster.id : ''}`;
      },
      [items],
    ),
    // The list has no size while another page is shown: keep its rows.
    observeElementRect: (instance, tell) =>
      observeElementRect(instance, (rect) => {
        if (rect.height > 0) tell(rect);
      }),
    rangeExtractor: useCallback(
      (range: Range) => {
        const near = new Set(defaultRangeExtractor(range));
        if (kept !== undefined) near.add(kept);
        return [...near].sort((a, b) => a - b);
      },
      [kept],
    ),
  });

  const sections: { section: Section; top: number; height: number; rows: ShownSection['rows'][number][] }[] =
    [];
  for (const { index, start } of virtualizer.getVirtualItems()) {
    const item = items[index];
    if (item === undefined) continue;
    if (sections.at(-1)?.section !== item.section) {
      const first = item.kind === 'head' ? index : index - item.at - 1;
      const top = item.kind === 'head' ? start : start - headHeight - item.at * rowHeight;
      const isOpen = items[first + 1]?.section === item.section;
      const height = headHeight + (isOpen ? item.section.clusters.length * rowHeight : 0);
      sections.push({ section: item.section, top, height, rows: [] });
    }
    if (item.kind === 'row') sections.at(-1)?.rows.push(item);
  }
  const { startIndex = 0, endIndex = -1 } = virtualizer.range ?? {};
  const inView = items.slice(startIndex, endIndex + 1);

  const before = useRef<{
    queryKey: string;
    items: readonly Item[];
    places: readonly (readonly [string, number])[];
  }>(undefined);
  useLayoutEffect(() => {
    const keyOf = virtualizer.options.getItemKey;
    const startOf = (index: number) => virtualizer.measurementsCache[index]?.start ?? 0;
    const element = list.current;
    const last = before.current;
    if (element !== null && last !== undefined && last.queryKey !== queryKey) element.scrollTop = 0;
    else if (element !== null && last !== undefined && last.items !== items) {
      const { scrollTop } = element;
      if (scrollTop > 0) {
        const now = new Map(items.map((_, index) => [String(keyOf(index)), index]));
        const held = last.places.find(([key]) => now.has(key));
        const index = held && now.get(held[0]);
        if (held !== undefined && index !== undefined) element.scrollTop += startOf(index) - held[1];
      }
      moveRows(element, { before: last.items, after: items, scrolled: element.scrollTop - scrollTop });
    }
    const places = inView.flatMap((item, offset) => {
      const index = startIndex + offset;
      return item.kind === 'row' ? [[String(keyOf(index)), startOf(index)] as const] : [];
    });
    before.current = { queryKey, items, places };
  });
  return { height: virtualizer.getTotalSize(), sections, inView };
}
