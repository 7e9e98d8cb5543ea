import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { Place } from '../main/api/place.ts';
import type { ClusterId } from '../main/model/cluster.ts';
import { AccountsPage } from './accounts/accounts-page.tsx';
import { ActivityPage } from './activity/activity-page.tsx';
import { useActions, useAgent, usePage } from './agent/page.tsx';
import { usePlace } from './agent/use-place.ts';
import { ClusterList, focusFirstRow } from './clusters/cluster-list.tsx';
import { NoAgent, NoClusters, NoHits } from './clusters/empty.tsx';
import type { Filter } from './clusters/filters.ts';
import { SelectionBar } from './clusters/selection-bar.tsx';
import { usePointed } from './clusters/use-pointed.ts';
import { useSections } from './clusters/use-sections.ts';
import { ClusterPage } from './detail/cluster-page.tsx';
import { SubPage } from './detail/sub-page.tsx';
import { FirstRun } from './first-run/first-run.tsx';
import { useFirstRun } from './first-run/use-first-run.ts';
import { ConfirmConsent } from './footer/confirm-consent.tsx';
import { ConfirmProduction } from './footer/confirm-production.tsx';
import { Footer } from './footer/footer.tsx';
import { FilterBar } from './header/filter-bar.tsx';
import { DiscoveryLine, Header } from './header/header.tsx';
import { copyLink } from './links/copy-link.ts';
import { type Asked, LinkPreview } from './links/link-preview.tsx';
import { ConfirmingToast } from './notices/confirming-toast.tsx';
import { DoneToast } from './notices/done-toast.tsx';
import { StatusStrip } from './notices/status-strip.tsx';
import { useNotices } from './notices/use-notices.tsx';
import type { Deed } from './palette/choices.ts';
import { Palette } from './palette/palette.tsx';
import { Shortcuts } from './palette/shortcuts.tsx';
import { useGlobalKeys } from './palette/use-global-keys.ts';
import { SettingsPage } from './settings/settings-page.tsx';
import { text } from './text/text.ts';
import { useIsWide } from './window-width.ts';
import './window.css';

type View =
  | { readonly kind: 'list' }
  | { readonly kind: 'settings' | 'setUp' }
  /** Back leads to where these were opened. */
  | { readonly kind: 'cluster'; readonly id: ClusterId; readonly from?: View }
  | { readonly kind: 'activity'; readonly cluster?: ClusterId; readonly from: View }
  | { readonly kind: 'accounts'; readonly from: View };

/** The whole window. */
export function Window() {
  const hasAnswered = usePage(({ agent }) => agent !== undefined);
  const link = usePage((page) => page.link);
  const { retry } = useActions();
  // What was known is hidden too: it was shown to this session.
  if (link.status === 'ended')
    return <NoAgent title={text.link.ended[link.why]} hint={text.link.endedHints[link.why]} />;
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
  if (link.status === 'not-served')
    return <NoAgent title={text.link.notServed} hint={text.link.notServedHint} onRetry={retry} />;
  return <NoAgent title={text.link.opening} />;
}

function Main() {
  const isWide = useIsWide();
  const [view, setView] = useState<View>({ kind: 'list' });
  const back = useCallback(() => setView((view) => ('from' in view ? view.from : { kind: 'list' })), []);
  const openCluster = useCallback((id: ClusterId) => setView({ kind: 'cluster', id }), []);
  const openAccounts = useCallback(
    () => setView((view) => (view.kind === 'accounts' ? view : { kind: 'accounts', from: view })),
    [],
  );
  const openActivity = useCallback(
    (cluster?: ClusterId) =>
      setView((view) => {
        const from = view.kind === 'activity' ? view.from : view;
        return { kind: 'activity', from, ...(cluster === undefined ? {} : { cluster }) };
      }),
    [],
  );
  const openFromActivity = useCallback(
    (id: ClusterId) => setView((view) => ({ kind: 'cluster', id, from: view })),
    [],
  );
  const openSettings = useCallback(() => setView({ kind: 'settings' }), []);
  const firstRun = useFirstRun();
  const { isShown: isFirstRun, leave, offer } = firstRun;
  const openSetUp = useCallback(() => setView({ kind: isFirstRun ? 'list' : 'setUp' }), [isFirstRun]);
  const showList = useCallback(() => {
    leave();
    setView({ kind: 'list' });
  }, [leave]);

  const [dialog, setDialog] = useState<'palette' | 'shortcuts'>();
  const [asked, setAsked] = useState<Asked>();
  const review = useCallback(() => setAsked({ kind: 'review' }), []);
  const go = useCallback(
    (place: Place) => {
      switch (place.kind) {
        case 'cluster':
          return openCluster(place.id);
        case 'activity':
          return openActivity();
        case 'accounts':
          return openAccounts();
        case 'settings':
          return openSettings();
        case 'link':
        case 'set':
          setDialog(undefined);
          return setAsked(place);
      }
    },
    [openCluster, openActivity, openAccounts, openSettings],
  );
  usePlace(go);
  const [filters, setFilters] = useState<readonly Filter[]>([]);
  const search = useRef<HTMLInputElement>(null);
  const actions = useActions();
  const goOnSetUp = useCallback(
    ({ signsIn }: { readonly signsIn: boolean }) => {
      offer();
      setView({ kind: 'list' });
      if (signsIn) void actions.signInToAll();
    },
    [actions, offer],
  );
  useGlobalKeys(
    useCallback(
      (key) => {
        if (key === 'undo') void actions.undo();
        else if (key !== 'search') setDialog(key);
        else if (search.current?.checkVisibility() === true) {
          search.current.focus();
          search.current.select();
        }
      },
      [actions],
    ),
  );
  const perform = (deed: Deed) => {
    switch (deed.kind) {
      case 'connect':
      case 'disconnect':
      case 'use':
        return void actions[deed.kind](deed.cluster.id);
      case 'star':
      case 'unstar':
        return void actions.star(deed.cluster.id, deed.kind === 'star');
      case 'open':
        return openCluster(deed.cluster.id);
      case 'copy':
        return void actions.copyCommand(deed.cluster).catch(() => {});
      case 'openSet':
        return void actions.openSet(deed.set).then((isOpened) => {
          if (!isOpened) setAsked({ kind: 'set', name: deed.set.name });
        });
      case 'linkSet':
        return void copyLink(deed.set).then(actions.say, () => {});
      case 'removeSet':
        return void actions.removeSet(deed.set);
      case 'disconnectAll':
      case 'discover':
        return void actions[deed.kind]();
      case 'activity':
      case 'accounts':
      case 'settings':
        return go({ kind: deed.kind });
      case 'setUp':
        return openSetUp();
      case 'shortcuts':
        return setDialog('shortcuts');
      case 'filter':
        setView({ kind: 'list' });
        return setFilters((known) => [...known.filter(({ id }) => id !== deed.filter.id), deed.filter]);
      case 'group':
        setView({ kind: 'list' });
        return void actions.groupBy(deed.by);
    }
  };
  return (
    <div className="window">
      {/* Kept while another page is shown: the place in the list and what was searched for stay. */}
      <div
        className="list-page"
        hidden={view.kind !== 'list' && !isWide}
        data-alone={(isFirstRun && view.kind === 'list') || undefined}
      >
        {isFirstRun ? (
          <>
            <FirstRunStrip onReview={review} />
            <main className="first-run-main">
              <FirstRun
                onTouch={firstRun.hold}
                onShow={leave}
                onLater={firstRun.end}
                onSettings={openSettings}
                onAsk={setAsked}
              />
            </main>
          </>
        ) : (
          <ListPage
            search={search}
            filters={filters}
            onFilters={setFilters}
            opened={view.kind === 'cluster' ? view.id : undefined}
            onOpen={openCluster}
            onActivity={() => openActivity()}
            onAccounts={openAccounts}
            onSettings={openSettings}
            onSetUp={openSetUp}
            onReview={review}
            takesFocus={firstRun.isLeft && view.kind === 'list'}
          />
        )}
      </div>
      {view.kind === 'list' && isWide && !isFirstRun && (
        <aside className="no-page" aria-label={text.detail.beside}>
          <p>{text.detail.nothing}</p>
        </aside>
      )}
      {view.kind === 'cluster' && (
        <ClusterPage
          key={view.id}
          id={view.id}
          isFromActivity={view.from !== undefined}
          onBack={back}
          onActivity={openActivity}
          onAccounts={openAccounts}
        />
      )}
      {view.kind === 'activity' && (
        <ActivityPage
          cluster={view.cluster}
          onCluster={openFromActivity}
          onAll={() => openActivity()}
          onBack={back}
        />
      )}
      {view.kind === 'settings' && <SettingsPage onBack={back} onSetUp={openSetUp} onReview={review} />}
      {view.kind === 'setUp' && (
        <SubPage title={text.detail.back} label={text.firstRun.title} onBack={back}>
          <FirstRun onShow={showList} onSettings={openSettings} onAsk={setAsked} />
        </SubPage>
      )}
      {view.kind === 'accounts' && <AccountsPage onBack={back} />}
      <Footer onAccounts={openAccounts} />
      <ConfirmingToast />
      <DoneToast />
      <ConfirmProduction />
      <ConfirmConsent />
      <LinkPreview asked={asked} onClose={() => setAsked(undefined)} onSetUp={goOnSetUp} />
      <Palette
        isOpen={dialog === 'palette'}
        onOpen={(isOpen) => setDialog(isOpen ? 'palette' : undefined)}
        onDeed={perform}
      />
      <Shortcuts
        isOpen={dialog === 'shortcuts'}
        onOpen={(isOpen) => setDialog(isOpen ? 'shortcuts' : undefined)}
      />
    </div>
  );
}

/** The first run has its own words for sign-ins and places. */
function FirstRunStrip({ onReview }: { readonly onReview: () => void }) {
  const { notices, dialog } = useNotices({ onAccounts: undefined, onReview });
  return (
    <>
      <StatusStrip notices={notices} />
      {dialog}
    </>
  );
}

function ListPage({
  search,
  filters,
  onFilters,
  opened,
  onOpen,
  onActivity,
  onAccounts,
  onSettings,
  onSetUp,
  onReview,
  takesFocus,
}: {
  readonly search: RefObject<HTMLInputElement | null>;
  readonly filters: readonly Filter[];
  readonly onFilters: (filters: readonly Filter[]) => void;
  /** The one whose page is shown. */
  readonly opened: ClusterId | undefined;
  readonly onOpen: (id: ClusterId) => void;
  readonly onActivity: () => void;
  readonly onAccounts: () => void;
  readonly onSettings: () => void;
  readonly onSetUp: () => void;
  readonly onReview: () => void;
  /** The person came here from another page's button, which is gone. */
  readonly takesFocus: boolean;
}) {
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
  const { notices, dialog } = useNotices({ onAccounts, onReview });
  const hasClusters = useAgent(({ clusters }) => clusters.size > 0);
  const focusesAtStart = useRef(takesFocus);
  useEffect(() => {
    if (!focusesAtStart.current) return;
    // A question that closes with that page gives its focus back first, and rows are there a frame later.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        if (list.current !== null) focusFirstRow(list.current);
        if (list.current?.contains(document.activeElement) !== true) search.current?.focus();
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [search]);
  const isLost = usePage(({ link }) => link.status !== 'ready' && link.status !== 'opening');
  const { sections, wish, counts } = useSections({
    query,
    filters,
    foldsDenied: fold?.isFolded === true,
    pointer,
  });
  return (
    <>
      <Header
        query={query}
        search={search}
        count={counts.searched}
        filtering={{
          isOpen: hasBar,
          onOpen(isOpen) {
            setOpensBar(isOpen);
            // What is not seen does not filter.
            if (!isOpen) onFilters([]);
          },
        }}
        onQuery={setQuery}
        onDown={() => list.current !== null && focusFirstRow(list.current)}
        onActivity={onActivity}
        onAccounts={onAccounts}
        onSettings={onSettings}
      />
      {hasBar && <FilterBar filters={filters} onFilters={onFilters} />}
      <StatusStrip notices={notices}>
        <DiscoveryLine counts={counts} />
      </StatusStrip>
      {dialog}
      <div className="list-body" ref={list} data-lost={isLost || undefined}>
        {!hasClusters && <NoClusters onAccounts={onAccounts} onSetUp={onSetUp} />}
        {hasClusters && sections.length === 0 && (
          <NoHits query={query} filters={filters} onQuery={setQuery} onFilters={onFilters} />
        )}
        {hasClusters && sections.length > 0 && (
          <ClusterList
            sections={sections}
            query={query}
            wish={wish}
            fold={fold}
            selected={selected}
            onSelect={setSelected}
            opened={opened}
            onOpen={onOpen}
            onMove={pointer.release}
            onShown={pointer.look}
          />
        )}
      </div>
      {selected.size > 0 && <SelectionBar selected={selected} onClear={clearSelection} />}
    </>
  );
}
