import { useCallback, useRef, useState } from 'react';
import type { ClusterId } from '../main/agent/catalog/cluster.ts';
import { AccountsPage } from './accounts/accounts-page.tsx';
import { useActions, useAgent, usePage } from './agent/page.tsx';
import { ClusterList, focusFirstRow } from './clusters/cluster-list.tsx';
import { NoAgent, NoClusters, NoHits } from './clusters/empty.tsx';
import type { Filter } from './clusters/filters.ts';
import { SelectionBar } from './clusters/selection-bar.tsx';
import { useSections } from './clusters/use-sections.ts';
import { ClusterPage } from './detail/cluster-page.tsx';
import { ConfirmProduction } from './footer/confirm-production.tsx';
import { Footer } from './footer/footer.tsx';
import { FilterBar } from './header/filter-bar.tsx';
import { DiscoveryLine, Header } from './header/header.tsx';
import { Notices } from './notices/notices.tsx';
import { SettingsPage } from './settings/settings-page.tsx';
import { text } from './text/text.ts';
import './window.css';

type View =
  | { readonly kind: 'list' }
  | { readonly kind: 'cluster'; readonly id: ClusterId }
  | { readonly kind: 'settings' }
  /** Back leads to where it was opened. */
  | { readonly kind: 'accounts'; readonly from: View };

/** The whole window. */
export function Window() {
  const hasAnswered = usePage(({ agent }) => agent !== undefined);
  const link = usePage((page) => page.link);
  const { retry } = useActions();
  if (hasAnswered) return <Main />;
  if (link.status === 'failed')
    return (
      <NoAgent
        title={text.link.failed}
        hint={`${link.error.message} ${link.error.hint ?? ''}`}
        onRetry={retry}
      />
    );
  if (link.status === 'lost')
    return <NoAgent title={text.link.lost} hint={text.link.lostHint} onRetry={retry} />;
  return <NoAgent title={text.link.opening} />;
}

function Main() {
  const [view, setView] = useState<View>({ kind: 'list' });
  const back = useCallback(
    () => setView((view) => (view.kind === 'accounts' ? view.from : { kind: 'list' })),
    [],
  );
  const openCluster = useCallback((id: ClusterId) => setView({ kind: 'cluster', id }), []);
  const openAccounts = useCallback(
    () => setView((view) => (view.kind === 'accounts' ? view : { kind: 'accounts', from: view })),
    [],
  );
  const openSettings = useCallback(() => setView({ kind: 'settings' }), []);
  return (
    <div className="window">
      {/* Kept while another page is shown: the place in the list and what was searched for stay. */}
      <div className="list-page" hidden={view.kind !== 'list'}>
        <ListPage onOpen={openCluster} onAccounts={openAccounts} onSettings={openSettings} />
      </div>
      {view.kind === 'cluster' && <ClusterPage id={view.id} onBack={back} onAccounts={openAccounts} />}
      {view.kind === 'settings' && <SettingsPage onBack={back} />}
      {view.kind === 'accounts' && <AccountsPage onBack={back} />}
      <Footer onAccounts={openAccounts} />
      <ConfirmProduction />
    </div>
  );
}

function ListPage({
  onOpen,
  onAccounts,
  onSettings,
}: {
  readonly onOpen: (id: ClusterId) => void;
  readonly onAccounts: () => void;
  readonly onSettings: () => void;
}) {
  const [query, setQuery] = useState('');
  const [filters, setFilters] = useState<readonly Filter[]>([]);
  const [isFiltering, setFiltering] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<ClusterId>>(new Set());
  const clearSelection = useCallback(() => setSelected(new Set()), []);
  const [pointed, setPointed] = useState<ClusterId>();
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const hasClusters = useAgent(({ clusters }) => clusters.size > 0);
  const isLost = usePage(({ link }) => link.status === 'lost' || link.status === 'failed');
  const { sections, wish } = useSections(query, filters, pointed);
  return (
    <>
      <Header
        query={query}
        search={search}
        filtering={{
          isOpen: isFiltering,
          onOpen(isOpen) {
            setFiltering(isOpen);
            // What is not seen does not filter.
            if (!isOpen) setFilters([]);
          },
        }}
        onQuery={setQuery}
        onDown={() => list.current !== null && focusFirstRow(list.current)}
        onAccounts={onAccounts}
        onSettings={onSettings}
      />
      {isFiltering && <FilterBar filters={filters} onFilters={setFilters} />}
      <DiscoveryLine />
      <Notices onAccounts={onAccounts} />
      <div className="list-body" ref={list} data-lost={isLost || undefined}>
        {!hasClusters && <NoClusters onAccounts={onAccounts} onSettings={onSettings} />}
        {hasClusters && sections.length === 0 && (
          <NoHits query={query} filters={filters} onQuery={setQuery} onFilters={setFilters} />
        )}
        {hasClusters && sections.length > 0 && (
          <ClusterList
            sections={sections}
            query={query}
            wish={wish}
            showsAllDenied={filters.some(({ facet }) => facet === 'denied')}
            selected={selected}
            onSelect={setSelected}
            onOpen={onOpen}
            onPoint={setPointed}
          />
        )}
      </div>
      {selected.size > 0 && <SelectionBar selected={selected} onClear={clearSelection} />}
    </>
  );
}
