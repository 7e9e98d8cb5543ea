import { type RefObject, useCallback, useDeferredValue, useEffect, useRef, useState } from 'react';
import type { ClusterId } from '../main/model/cluster.ts';
import { useActions, useAgent, usePage } from './agent/page.tsx';
import { BarPanel } from './bar/bar-panel.tsx';
import type { BarAction } from './bar/choices.ts';
import { resume } from './bar/perform.ts';
import { ResumeRow, useResumeRow } from './bar/resume-row.tsx';
import { useBar } from './bar/use-bar.ts';
import { useResumeOffer } from './bar/use-resume-offer.ts';
import { ClusterList } from './clusters/cluster-list.tsx';
import { NoClusters, NoHits } from './clusters/empty.tsx';
import type { Filter } from './clusters/filters.ts';
import { focusFirstRow } from './clusters/row-focus.ts';
import { SelectionBar } from './clusters/selection-bar.tsx';
import { usePointed } from './clusters/use-pointed.ts';
import { useSections } from './clusters/use-sections.ts';
import { FilterBar } from './header/filter-bar.tsx';
import { DiscoveryLine, Header } from './header/header.tsx';
import type { Navigation } from './navigation/use-navigation.ts';
import { StatusStrip } from './notices/status-strip.tsx';
import { useNotices } from './notices/use-notices.tsx';
import { SetChips } from './sets/set-chips.tsx';
import { TerminalsButton } from './terminals/terminals-button.tsx';

/** Search, filters and notices above the clusters, and the bar of a selection below them. */
export function ListPage({
  search,
  barIsOpen,
  onBar,
  onAction,
  filters,
  onFilters,
  opened,
  navigation,
  takesFocus,
}: {
  readonly search: RefObject<HTMLInputElement | null>;
  /** Whether the search field shows what it offers. */
  readonly barIsOpen: boolean;
  readonly onBar: (isOpen: boolean) => void;
  readonly onAction: (action: Exclude<BarAction, { readonly kind: 'list' }>) => void;
  readonly filters: readonly Filter[];
  readonly onFilters: (filters: readonly Filter[]) => void;
  /** The one whose page is shown. */
  readonly opened: ClusterId | undefined;
  readonly navigation: Navigation;
  /** The user came from a button on another page that no longer exists. */
  readonly takesFocus: boolean;
}) {
  const { openCluster, openAccounts } = navigation;
  const [query, setQuery] = useState('');
  const [opensBar, setOpensBar] = useState(false);
  const hasBar = opensBar || filters.length > 0;
  const [selected, setSelected] = useState<ReadonlySet<ClusterId>>(new Set());
  const clearSelection = useCallback(() => setSelected(new Set()), []);
  const list = useRef<HTMLDivElement>(null);
  const pointer = usePointed(list);
  const [unfoldsDenied, setUnfoldsDenied] = useState(false);
  const fold = filters.some(({ facet }) => facet === 'denied')
    ? undefined
    : { isFolded: !unfoldsDenied, onFold: (folded: boolean) => setUnfoldsDenied(!folded) };
  const notices = useNotices({ navigation });
  const hasClusters = useAgent(({ clusters }) => clusters.size > 0);
  const focusesAtStart = useRef(takesFocus);
  useEffect(() => {
    if (!focusesAtStart.current) return;
    // A dialog that closes with that page restores its focus first, and the rows are rendered a frame later.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        if (list.current !== null) focusFirstRow(list.current);
        if (list.current?.contains(document.activeElement) !== true) search.current?.focus();
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [search]);
  const actions = useActions();
  const offer = useResumeOffer();
  const offersResume = useResumeRow(offer, pointer.pointed !== undefined);
  const focusList = () => list.current !== null && focusFirstRow(list.current);
  const resumeAll = () => void resume(actions, navigation);
  const bar = useBar({
    field: search,
    query,
    isOpen: barIsOpen,
    onQuery: setQuery,
    onOpen: onBar,
    onAction,
    onList: focusList,
    onEnter: offersResume && query === '' ? resumeAll : focusList,
  });
  // The panel covers the list: its choices come first.
  const listQuery = useDeferredValue(query);
  const isLost = usePage(({ link }) => link.status !== 'ready' && link.status !== 'opening');
  const { sections, queryKey, counts } = useSections({
    query: listQuery,
    filters,
    foldsDenied: fold?.isFolded === true,
    pointer,
  });
  return (
    <>
      <Header
        bar={bar}
        count={counts.searched}
        filtering={{
          isOpen: hasBar,
          onOpen(isOpen) {
            setOpensBar(isOpen);
            // Filters that are not visible do not apply.
            if (!isOpen) onFilters([]);
          },
        }}
        onActivity={() => navigation.openActivity()}
        onAccounts={openAccounts}
        onSettings={navigation.openSettings}
      />
      {bar.isOpen && <BarPanel bar={bar} />}
      {hasBar && <FilterBar filters={filters} onFilters={onFilters} />}
      <SetChips
        onAsk={({ name }) => navigation.open({ kind: 'set', name })}
        onLeave={() => search.current?.focus()}
      />
      <StatusStrip notices={notices}>
        <DiscoveryLine counts={counts} />
        <TerminalsButton onOpen={openCluster} />
      </StatusStrip>
      {offersResume && offer !== undefined && <ResumeRow offer={offer} onResume={resumeAll} />}
      <div className="list-body" ref={list} data-lost={isLost || undefined}>
        {!hasClusters && <NoClusters onAccounts={openAccounts} onSetUp={navigation.openSetUp} />}
        {hasClusters && sections.length === 0 && (
          <NoHits query={listQuery} filters={filters} onQuery={setQuery} onFilters={onFilters} />
        )}
        {hasClusters && sections.length > 0 && (
          <ClusterList
            sections={sections}
            query={listQuery}
            queryKey={queryKey}
            fold={fold}
            selected={selected}
            onSelect={setSelected}
            opened={opened}
            onOpen={openCluster}
            onMove={pointer.release}
            onShown={pointer.look}
          />
        )}
      </div>
      {selected.size > 0 && (
        <SelectionBar selected={selected} onClear={clearSelection} onCompare={navigation.openComparison} />
      )}
    </>
  );
}
