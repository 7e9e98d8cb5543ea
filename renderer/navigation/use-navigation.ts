import { useCallback, useMemo, useState } from 'react';
import type { WindowTarget } from '../../main/api/window-target.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { Asked } from '../links/link-preview.tsx';
import { useWindowTarget } from './use-window-target.ts';

/** The page that the window shows. */
export type Page =
  | { readonly kind: 'list' | 'settings' | 'setUp' }
  /** Back leads to `from`. */
  | { readonly kind: 'cluster'; readonly id: ClusterId; readonly from?: Page }
  | { readonly kind: 'activity'; readonly cluster?: ClusterId; readonly from: Page }
  | { readonly kind: 'compare'; readonly clusters: readonly ClusterId[]; readonly from: Page }
  | { readonly kind: 'accounts'; readonly from: Page };

/** The dialog that is open over the page. */
export type Overlay = { readonly kind: 'shortcuts' | 'release' } | Asked;

export interface Route {
  readonly page: Page;
  readonly overlay?: Overlay | undefined;
}

/** Changes the route. All functions keep their identity. */
export interface Navigation {
  openList(): void;
  /** Opens a cluster's page; back leads to the list. */
  openCluster(id: ClusterId): void;
  /** Opens a cluster's page; back leads to the page that is shown now. */
  openClusterFromHere(id: ClusterId): void;
  /** Opens the activity of one cluster, or all of it. */
  openActivity(cluster?: ClusterId): void;
  /** Compares clusters, in this order. */
  openComparison(clusters: readonly ClusterId[]): void;
  openAccounts(): void;
  openSettings(): void;
  openSetUp(): void;
  back(): void;
  /** Opens `overlay` over the page, replacing the current one. */
  open(overlay: Overlay): void;
  close(): void;
  go(target: WindowTarget): void;
}

const list: Page = { kind: 'list' };

/** Returns the window's route, which also follows the address of the page. */
export function useNavigation(): { readonly route: Route; readonly navigation: Navigation } {
  const [route, setRoute] = useState<Route>({ page: list });
  const toPage = useCallback(
    (next: (page: Page) => Page) => setRoute((before) => ({ ...before, page: next(before.page) })),
    [],
  );
  const navigation = useMemo((): Navigation => {
    const open = (overlay: Overlay | undefined) => setRoute(({ page }) => ({ page, overlay }));
    const openCluster = (id: ClusterId) => toPage(() => ({ kind: 'cluster', id }));
    const openActivity = (cluster?: ClusterId) =>
      toPage((page) => {
        const from = page.kind === 'activity' ? page.from : page;
        return { kind: 'activity', from, ...(cluster === undefined ? {} : { cluster }) };
      });
    const openAccounts = () =>
      toPage((page) => (page.kind === 'accounts' ? page : { kind: 'accounts', from: page }));
    const openSettings = () => toPage(() => ({ kind: 'settings' }));
    return {
      openList: () => toPage(() => list),
      openCluster,
      openClusterFromHere: (id) => toPage((page) => ({ kind: 'cluster', id, from: page })),
      openActivity,
      openComparison: (clusters) =>
        toPage((page) => ({ kind: 'compare', clusters, from: page.kind === 'compare' ? page.from : page })),
      openAccounts,
      openSettings,
      openSetUp: () => toPage(() => ({ kind: 'setUp' })),
      back: () => toPage((page) => ('from' in page ? (page.from ?? list) : list)),
      open,
      close: () => open(undefined),
      go(target) {
        switch (target.kind) {
          case 'cluster':
            openCluster(target.id);
            break;
          case 'activity':
            openActivity();
            break;
          case 'accounts':
            openAccounts();
            break;
          case 'settings':
            openSettings();
            break;
          case 'release':
          case 'link':
          case 'set':
            open(target);
        }
      },
    };
  }, [toPage]);
  useWindowTarget(navigation.go);
  return { route, navigation };
}
