import {
  type ComponentProps,
  type KeyboardEvent,
  type MouseEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { flushSync } from 'react-dom';
import type { ClusterId } from '../../main/model/cluster.ts';
import { distinctions } from '../../main/model/distinction.ts';
import { useActions, usePage } from '../agent/page.tsx';
import { ClusterRow } from './cluster-row.tsx';
import { ClusterSection } from './cluster-section.tsx';
import { clustersText } from './text.ts';
import './clusters.css';
import { headHeight, itemsOf, placesOf, rowHeight } from './items.ts';
import type { Section } from './layout.ts';
import { queryWords } from './search.ts';
import { extended, toggled } from './selected.ts';
import { useCollapsed, useHeadInView } from './use-collapsed.ts';
import { useInView } from './use-in-view.ts';
import { useVirtualItems } from './use-virtual-items.ts';

/** The rows by section. Arrows, Home, End and the page keys move between rows, Space toggles, Enter opens, `*` stars,
 * `x` selects. */
export function ClusterList({
  sections,
  query,
  queryKey,
  fold,
  selected,
  onSelect,
  opened,
  onOpen,
  onMove,
  onShown,
}: {
  readonly sections: readonly Section[];
  readonly query: string;
  /** The query that the sections belong to: a new one starts at the top. */
  readonly queryKey: string;
  /** Set if the section of denied clusters can be folded. */
  readonly fold: ComponentProps<typeof ClusterSection>['fold'];
  readonly selected: ReadonlySet<ClusterId>;
  readonly onSelect: (selected: ReadonlySet<ClusterId>) => void;
  /** The cluster whose page is open. */
  readonly opened: ClusterId | undefined;
  readonly onOpen: (id: ClusterId) => void;
  /** Lets a row move that the user moves, even under the pointer. */
  readonly onMove: () => void;
  /** Called before other rows are painted. */
  readonly onShown: () => void;
}) {
  const actions = useActions();
  const favourites = usePage(({ agent }) => agent?.favourites);
  const clusters = usePage(({ agent }) => agent?.clusters);
  const different = useMemo(() => distinctions(clusters?.values() ?? []), [clusters]);
  const [focused, setFocused] = useState<ClusterId>();
  const list = useRef<HTMLElement>(null);
  const hasFocus = useRef(false);
  /** The row that a range selection starts from. */
  const anchor = useRef<ClusterId>(undefined);
  const words = useMemo(() => queryWords(query), [query]);
  const isFolded = fold?.isFolded === true;
  const collapse = useCollapsed();
  const { collapsed } = collapse;
  const items = useMemo(
    () => itemsOf(sections, ({ id }) => (id === 'denied' && isFolded) || collapsed.has(id)),
    [sections, isFolded, collapsed],
  );
  const places = useMemo(() => placesOf(items), [items]);
  const ids = useMemo(() => [...places.keys()], [places]);
  const tabStop = focused !== undefined && places.has(focused) ? focused : ids[0];
  const kept = tabStop === undefined ? undefined : places.get(tabStop);
  const shown = useVirtualItems({ list, items, kept, queryKey });
  const inView = shown.inView.flatMap((item) => (item.kind === 'row' ? [item.cluster.id] : []));
  useInView(list, inView);

  useHeadInView({ list, items, collapsed });

  useLayoutEffect(onShown);

  // A row that moves to another section is rendered again: restore its focus.
  useLayoutEffect(() => {
    const isLost = hasFocus.current && document.activeElement === document.body;
    if (isLost && list.current !== null) focusRow(list.current, focused);
  });

  const toggle = (id: ClusterId) => {
    anchor.current = id;
    onSelect(toggled(selected, id));
  };
  const extend = (to: ClusterId) => onSelect(extended(selected, ids, anchor.current ?? tabStop ?? to, to));
  const hearClick = (event: MouseEvent) => {
    const id = rowOf(event.target);
    if (id === undefined || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
    // The click selects, wherever it hits the row.
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) extend(id);
    else toggle(id);
  };

  const hearKey = (event: KeyboardEvent<HTMLElement>) => {
    const { target, currentTarget } = event;
    const id = rowOf(target);
    if (id === undefined) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === ' ') toggle(id);
      else if (event.key === 'a') onSelect(new Set(ids));
      else return;
      event.preventDefault();
      return;
    }
    if (event.altKey) {
      const order = moved(
        sections.find((section) => section.id === 'favourites'),
        id,
        event.key,
      );
      if (order === undefined) return;
      event.preventDefault();
      onMove();
      void actions.order(order);
      return;
    }
    const at = ids.indexOf(id);
    const go = (to: number) => {
      const next = ids[Math.max(0, Math.min(to, ids.length - 1))];
      if (next === undefined) return;
      // The tab stop is always rendered, so it can be focused.
      flushSync(() => setFocused(next));
      if (event.shiftKey) {
        anchor.current ??= id;
        extend(next);
      } else anchor.current = next;
      focusRow(currentTarget, next);
    };
    const page = Math.max(1, Math.floor((currentTarget.clientHeight - headHeight) / rowHeight));
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'PageDown') go(at + page);
    else if (event.key === 'PageUp') go(at - page);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(ids.length - 1);
    else if (event.key === 'Enter' && target instanceof HTMLInputElement) onOpen(id);
    else if (event.key === 'x') toggle(id);
    else if (event.key === '*') void actions.star(id, favourites?.includes(id) !== true);
    else return;
    event.preventDefault();
  };
  return (
    <main
      ref={list}
      className="clusters"
      aria-label={clustersText.list}
      onClickCapture={hearClick}
      onKeyDown={hearKey}
      onFocus={({ target }) => {
        hasFocus.current = true;
        setFocused(rowOf(target));
      }}
      onBlur={() => {
        hasFocus.current = false;
      }}
    >
      <div className="all-sections" style={{ height: shown.height }}>
        {shown.sections.map(({ section, top, height, rows }) => (
          <ClusterSection
            key={section.id}
            section={section}
            place={{ top, height }}
            fold={section.id === 'denied' ? fold : undefined}
            collapse={collapse.of(section)}
          >
            {rows.map(({ cluster: { id, title }, at }) => (
              <ClusterRow
                key={id}
                id={id}
                title={title}
                at={at}
                of={section.clusters.length}
                words={words}
                different={different.get(id)}
                isTabStop={id === tabStop}
                isSelected={selected.has(id)}
                isOpened={id === opened}
                onOpen={onOpen}
              />
            ))}
          </ClusterSection>
        ))}
      </div>
    </main>
  );
}

/** Returns the order of the favourites after an arrow key; undefined if nothing moves. */
function moved(
  favourites: Section | undefined,
  id: ClusterId,
  key: string,
): readonly ClusterId[] | undefined {
  const ids = favourites?.clusters.map((cluster) => cluster.id) ?? [];
  const from = ids.indexOf(id);
  const to = from + (key === 'ArrowUp' ? -1 : 1);
  if (from < 0 || (key !== 'ArrowUp' && key !== 'ArrowDown') || to < 0 || to >= ids.length) return undefined;
  return ids.toSpliced(from, 1).toSpliced(to, 0, id);
}

function rowOf(target: EventTarget): ClusterId | undefined {
  const row = target instanceof Element ? target.closest('[data-cluster]') : null;
  return (row?.getAttribute('data-cluster') as ClusterId | null) ?? undefined;
}

/** Focuses the first row within `part`. */
export function focusFirstRow(part: Element): void {
  part.querySelector<HTMLElement>('[data-row-stop] input, button[data-row-stop]')?.focus();
}

function focusRow(list: HTMLElement, id: ClusterId | undefined): void {
  if (id === undefined) return;
  const row = list.querySelector(`[data-cluster="${CSS.escape(id)}"]`);
  if (row !== null) focusFirstRow(row);
}
