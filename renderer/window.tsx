import { useCallback, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { AccountsPage } from './accounts/accounts-page.tsx';
import { ActivityPage } from './activity/activity-page.tsx';
import { useActions, useAgent, usePage } from './agent/page.tsx';
import { agentText } from './agent/text.ts';
import { perform } from './bar/perform.ts';
import { Shortcuts } from './bar/shortcuts.tsx';
import { type GlobalKey, useGlobalKeys } from './bar/use-global-keys.ts';
import { NoAgent } from './clusters/empty.tsx';
import type { Filter } from './clusters/filters.ts';
import { ComparePage } from './compare/compare-page.tsx';
import { ConfirmClient } from './confirmations/confirm-client.tsx';
import { SubPage } from './controls/sub-page.tsx';
import { ClusterPage } from './detail/cluster-page.tsx';
import { detailText } from './detail/text.ts';
import { FirstRun } from './first-run/first-run.tsx';
import { firstRunText } from './first-run/text.ts';
import { useFirstRun } from './first-run/use-first-run.ts';
import { ConfirmConsent } from './footer/confirm-consent.tsx';
import { ConfirmProduction } from './footer/confirm-production.tsx';
import { Footer } from './footer/footer.tsx';
import { type Asked, LinkPreview } from './links/link-preview.tsx';
import { ListPage } from './list-page.tsx';
import { useFocusHome } from './navigation/use-focus-home.ts';
import { type Navigation, type Overlay, type Page, useNavigation } from './navigation/use-navigation.ts';
import { ConfirmingToast } from './notices/confirming-toast.tsx';
import { DoneToast } from './notices/done-toast.tsx';
import { StatusStrip } from './notices/status-strip.tsx';
import { useNotices } from './notices/use-notices.tsx';
import { ReleaseNotes } from './releases/release-notes.tsx';
import { SettingsPage } from './settings/settings-page.tsx';
import { useTheme } from './theme/theme.ts';
import { useIsWide } from './window-width.ts';
import './window.css';

/** Pages with their own buttons to sign in. */
const pagesThatSignIn: ReadonlySet<Page['kind']> = new Set(['accounts', 'setUp']);

/** The window's root component. */
export function Window() {
  const hasAnswered = usePage(({ agent }) => agent !== undefined);
  const link = usePage((page) => page.link);
  const { retry } = useActions();
  useFocusHome();
  // Hide the last known state, too: it belongs to the ended session.
  if (link.status === 'ended')
    return <NoAgent title={agentText.link.ended[link.why]} hint={agentText.link.endedHints[link.why]} />;
  if (hasAnswered) return <Main />;
  if (link.status === 'failed')
    return (
      <NoAgent
        title={agentText.link.failed}
        hint={`${link.error.message} ${link.error.hint ?? ''}`}
        onRetry={retry}
      />
    );
  if (link.status === 'lost')
    return <NoAgent title={agentText.link.lost} hint={agentText.link.lostHint} onRetry={retry} />;
  if (link.status === 'not-served')
    return <NoAgent title={agentText.link.notServed} hint={agentText.link.notServedHint} onRetry={retry} />;
  return <NoAgent title={agentText.link.opening} />;
}

function Main() {
  useTheme();
  const isWide = useIsWide();
  const actions = useActions();
  const { route, navigation } = useNavigation();
  const { page, overlay } = route;
  const { back, openAccounts, openActivity, openList, openSettings } = navigation;
  const firstRun = useFirstRun();
  const { isShown: isFirstRun, leave, offer } = firstRun;
  const current = useAgent(({ kubectl: { cluster }, clusters }) =>
    cluster !== undefined && clusters.has(cluster) ? cluster : undefined,
  );
  const hasRoom = page.kind === 'list' && isWide && !isFirstRun;
  const shownCluster = page.kind === 'cluster' ? page.id : hasRoom ? current : undefined;
  const openSetUp = isFirstRun ? openList : navigation.openSetUp;
  const [filters, setFilters] = useState<readonly Filter[]>([]);
  const search = useRef<HTMLInputElement>(null);
  const [barIsOpen, setBarOpen] = useState(false);
  const hearKey = useCallback(
    (key: GlobalKey) => {
      if (key === 'undo') return void actions.undo();
      if (key === 'shortcuts') return navigation.open({ kind: key });
      const field = search.current;
      // There is none during the first run.
      if (field === null) return;
      // Another page may be over the list.
      if (!field.checkVisibility()) flushSync(openList);
      field.focus();
      if (key === 'type') return;
      field.select();
      setBarOpen(true);
    },
    [actions, navigation, openList],
  );
  useGlobalKeys(hearKey);
  const showList = useCallback(() => {
    leave();
    openList();
  }, [leave, openList]);
  const goOnSetUp = ({ signsIn }: { readonly signsIn: boolean }) => {
    offer();
    openList();
    if (signsIn) void actions.signInToAll();
  };
  const addFilter = (filter: Filter) =>
    setFilters((known) => [...known.filter(({ id }) => id !== filter.id), filter]);
  return (
    <div className="window" data-page={page.kind}>
      {/* Stays mounted while another page is shown, to keep the scroll position and the query. */}
      <div
        className="list-page"
        hidden={page.kind === 'compare' || (page.kind !== 'list' && !isWide)}
        data-alone={(isFirstRun && page.kind === 'list') || undefined}
      >
        {isFirstRun ? (
          <>
            <FirstRunStrip navigation={navigation} />
            <main className="first-run-main">
              <FirstRun
                onTouch={firstRun.hold}
                onShow={leave}
                onLater={firstRun.end}
                onSettings={openSettings}
                onAsk={navigation.open}
              />
            </main>
          </>
        ) : (
          <ListPage
            search={search}
            barIsOpen={barIsOpen}
            onBar={setBarOpen}
            onAction={(action) =>
              perform(action, { actions, navigation, onSetUp: openSetUp, onFilter: addFilter })
            }
            filters={filters}
            onFilters={setFilters}
            opened={shownCluster}
            navigation={navigation}
            takesFocus={firstRun.isLeft && page.kind === 'list'}
          />
        )}
      </div>
      {hasRoom && shownCluster === undefined && (
        <aside className="no-page" aria-label={detailText.beside}>
          <p>{detailText.nothing}</p>
        </aside>
      )}
      {shownCluster !== undefined && (
        <ClusterPage
          key={shownCluster}
          id={shownCluster}
          isFromActivity={page.kind === 'cluster' && page.from !== undefined}
          onBack={page.kind === 'cluster' ? back : undefined}
          onActivity={openActivity}
          onAccounts={openAccounts}
        />
      )}
      {page.kind === 'activity' && (
        <ActivityPage
          cluster={page.cluster}
          onCluster={navigation.openClusterFromHere}
          onAll={() => openActivity()}
          onBack={back}
        />
      )}
      {page.kind === 'compare' && (
        <ComparePage clusters={page.clusters} onBack={back} onAccounts={openAccounts} />
      )}
      {page.kind === 'settings' && (
        <SettingsPage
          onBack={back}
          onSetUp={openSetUp}
          onReview={() => navigation.open({ kind: 'review' })}
        />
      )}
      {page.kind === 'setUp' && (
        <SubPage title={detailText.back} label={firstRunText.title} onBack={back}>
          <FirstRun onShow={showList} onSettings={openSettings} onAsk={navigation.open} />
        </SubPage>
      )}
      {page.kind === 'accounts' && <AccountsPage onBack={back} />}
      <Footer
        offersSignIn={!(isFirstRun && page.kind === 'list') && !pagesThatSignIn.has(page.kind)}
        onAccounts={openAccounts}
      />
      <ConfirmingToast />
      <DoneToast />
      <ConfirmProduction />
      <ConfirmConsent />
      <ConfirmClient />
      <LinkPreview asked={askedIn(overlay)} onClose={navigation.close} onSetUp={goOnSetUp} />
      <ReleaseNotes isOpen={overlay?.kind === 'release'} onClose={navigation.close} />
      <Shortcuts
        isOpen={overlay?.kind === 'shortcuts'}
        onOpen={(isOpen) => (isOpen ? navigation.open({ kind: 'shortcuts' }) : navigation.close())}
      />
    </div>
  );
}

function askedIn(overlay: Overlay | undefined): Asked | undefined {
  switch (overlay?.kind) {
    case 'shortcuts':
    case 'release':
      return undefined;
    default:
      return overlay;
  }
}

/** The page of the first run shows sign-ins and failed locations itself. */
function FirstRunStrip({ navigation }: { readonly navigation: Navigation }) {
  return <StatusStrip notices={useNotices({ navigation, isFirstRun: true })} />;
}
