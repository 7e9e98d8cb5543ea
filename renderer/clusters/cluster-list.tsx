import {
  type ComponentProps,
  type MouseEvent,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { distinctions } from '../../main/model/distinction.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { ClusterMenu, type OpenMenu } from './cluster-menu.tsx';
import { ClusterRow } from './cluster-row.tsx';
import { ClusterSection } from './cluster-section.tsx';
import { clustersText } from './text.ts';
import './clusters.css';
import { reordered } from './favourite-order.ts';
import { itemsOf, placesOf } from './items.ts';
import type { Section } from './layout.ts';
import { focusFirstRow, focusRow, isControl, rowOf } from './row-focus.ts';
import { queryWords } from './search.ts';
import { groupingOf } from './section-grouping.ts';
import { extended, toggled } from './selected.ts';
import { useCollapsed, useHeadInView } from './use-collapsed.ts';
import { useFavouriteDrag } from './use-favourite-drag.ts';
import { useInView } from './use-in-view.ts';
import { useListKeys } from './use-list-keys.ts';
import { useVirtualItems } from './use-virtual-items.ts';

const none: readonly ClusterId[] = [];

/** The rows by section. A click anywhere on a row opens it; its actions are in a menu, too. */
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
  const clusters = useAgent((agent) => agent.clusters);
  const favourites = useAgent((agent) => agent.favourites);
  const isOwnOrder = useAgent(({ settings }) => settings.favouritesOrder === 'own');
  const different = useMemo(() => distinctions(clusters.values()), [clusters]);
  const [focused, setFocused] = useState<ClusterId>();
  const [menu, setMenu] = useState<OpenMenu>();
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

  // A row that moves to another section is rendered again, and a button may go with its section: restore the focus.
  useLayoutEffect(() => {
    const isLost = hasFocus.current && document.activeElement === document.body;
    if (!isLost || list.current === null) return;
    if (focused === undefined) focusFirstRow(list.current, { preventScroll: true });
    else focusRow(list.current, focused);
  });

  const movable = useMemo(() => {
    const section = isOwnOrder ? sections.find(({ id }) => id === 'favourites') : undefined;
    return section?.clusters.map(({ id }) => id) ?? none;
  }, [sections, isOwnOrder]);
  const move = (change: { readonly from: number; readonly to: number }): boolean => {
    const order = reordered(favourites, movable, change);
    if (order === undefined) return false;
    onMove();
    void actions.order(order);
    return true;
  };
  const moveBy = (id: ClusterId, by: -1 | 1): boolean => {
    const from = movable.indexOf(id);
    return move({ from, to: from + by });
  };
  const { drag, onPointerDown } = useFavouriteDrag({
    list,
    ids: movable,
    top: shown.sections.find(({ section }) => section.id === 'favourites')?.top,
    onDrop: move,
  });

  const toggle = (id: ClusterId) => {
    anchor.current = id;
    onSelect(toggled(selected, id));
  };
  const extend = (to: ClusterId) => onSelect(extended(selected, ids, anchor.current ?? tabStop ?? to, to));
  const openMenuAt = useCallback((id: ClusterId, element: Element | null | undefined) => {
    const box = element?.getBoundingClientRect();
    if (box !== undefined) setMenu({ id, x: box.left, y: box.bottom });
  }, []);
  const hearKey = useListKeys({
    ids,
    anchor,
    onFocus: setFocused,
    onOpen,
    onMenu: (id) =>
      openMenuAt(id, list.current?.querySelector(`[data-cluster="${CSS.escape(id)}"] .row-text`)),
    onToggle: toggle,
    onExtend: extend,
    onSelectAll: () => onSelect(new Set(ids)),
    onMove: moveBy,
  });
  const hearSelection = (event: MouseEvent) => {
    const id = rowOf(event.target);
    if (id === undefined || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
    // The click selects, wherever it hits the row.
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) extend(id);
    else toggle(id);
  };
  const hearClick = ({ target }: MouseEvent) => {
    const id = rowOf(target);
    if (id !== undefined && !isControl(target)) onOpen(id);
  };
  /** A press beside the controls would take the focus away from the list. */
  const hearPress = (event: MouseEvent<HTMLElement>) => {
    const id = rowOf(event.target);
    if (id === undefined || isControl(event.target)) return;
    event.preventDefault();
    event.currentTarget.dataset.pressed = '';
    focusRow(event.currentTarget, id, { preventScroll: true });
  };
  const hearContextMenu = (event: MouseEvent<HTMLElement>) => {
    const id = rowOf(event.target);
    if (id === undefined) return;
    event.preventDefault();
    if (!clusters.has(id)) return;
    focusRow(event.currentTarget, id, { preventScroll: true });
    setMenu({ id, x: event.clientX, y: event.clientY });
  };
  const closeMenu = () => {
    setMenu(undefined);
    const id = menu?.id;
    // After the menu has restored the focus: its row may have moved meanwhile.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (list.current !== null && document.activeElement === document.body) focusRow(list.current, id);
      }),
    );
  };
  // A menu goes with its cluster, and does not come back with it.
  if (menu !== undefined && !clusters.has(menu.id)) setMenu(undefined);
  const at = menu === undefined ? -1 : movable.indexOf(menu.id);
  return (
    <>
      <main
        ref={list}
        className="clusters"
        aria-label={clustersText.list}
        data-dragging={drag === undefined ? undefined : true}
        onClickCapture={hearSelection}
        onClick={hearClick}
        onMouseDown={hearPress}
        onPointerDown={onPointerDown}
        onContextMenu={hearContextMenu}
        onKeyDownCapture={({ currentTarget }) => delete currentTarget.dataset.pressed}
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
              gap={section.id === 'favourites' ? drag?.gap : undefined}
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
                  groupedBy={groupingOf(section)}
                  isTabStop={id === tabStop}
                  isSelected={selected.has(id)}
                  isOpened={id === opened}
                  isDragged={id === drag?.id}
                  onOpen={onOpen}
                  onMenu={openMenuAt}
                />
              ))}
            </ClusterSection>
          ))}
        </div>
      </main>
      {menu !== undefined && (
        <ClusterMenu
          menu={menu}
          position={at < 0 ? undefined : { at, of: movable.length }}
          onOpen={onOpen}
          onMove={(by) => moveBy(menu.id, by)}
          onClose={closeMenu}
        />
      )}
    </>
  );
}
