import { type RefObject, useLayoutEffect, useMemo, useRef } from 'react';
import { useActions, usePage } from '../agent/page.tsx';
import { isCollapsible } from './groups.ts';
import { headHeight, type Item, rowHeight } from './items.ts';
import type { Section } from './layout.ts';

/** What the head of a section needs to collapse it. */
export interface Collapse {
  readonly isCollapsed: boolean;
  readonly onCollapse: (isCollapsed: boolean) => void;
}

/** The groups that the user has collapsed, which the agent remembers. */
export function useCollapsed(): {
  readonly collapsed: ReadonlySet<string>;
  /** Undefined for a section that stays expanded. */
  of(section: Section): Collapse | undefined;
} {
  const { collapse } = useActions();
  const groups = usePage(({ agent }) => agent?.collapsedGroups);
  return useMemo(() => {
    const collapsed = new Set((groups ?? []).filter(isCollapsible));
    return {
      collapsed,
      of({ id }) {
        if (!isCollapsible(id)) return undefined;
        return {
          isCollapsed: collapsed.has(id),
          onCollapse(isCollapsed) {
            const others = (groups ?? []).filter((one) => one !== id);
            void collapse(isCollapsed ? [...others, id] : others);
          },
        };
      },
    };
  }, [groups, collapse]);
}

/** Keeps the head of a section in view when its rows go: the user scrolled into it, so the head is at the top. */
export function useHeadInView(options: {
  readonly list: RefObject<HTMLElement | null>;
  readonly items: readonly Item[];
  readonly collapsed: ReadonlySet<string>;
}): void {
  const { list, items, collapsed } = options;
  const before = useRef(collapsed);
  useLayoutEffect(() => {
    const [id, ...more] = [...collapsed].filter((one) => !before.current.has(one));
    before.current = collapsed;
    const element = list.current;
    if (element === null || id === undefined || more.length > 0) return;
    const index = items.findIndex((item) => item.kind === 'head' && item.section.id === id);
    if (index < 0) return;
    const rows = items.slice(0, index).filter(({ kind }) => kind === 'row').length;
    const top = (index - rows) * headHeight + rows * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
  }, [list, items, collapsed]);
}
