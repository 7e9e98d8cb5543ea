import { setLinkOf } from '../../main/api/link.ts';
import type { Actions } from '../agent/actions.ts';
import type { Filter } from '../clusters/filters.ts';
import { copyLink } from '../links/copy-link.ts';
import type { Navigation } from '../navigation/use-navigation.ts';
import type { BarAction } from './choices.ts';

/** Performs an action that was chosen in the bar. Failures are shown as notices. */
export function perform(
  action: Exclude<BarAction, { readonly kind: 'list' }>,
  {
    actions,
    navigation,
    onSetUp,
    onFilter,
  }: {
    readonly actions: Actions;
    readonly navigation: Navigation;
    readonly onSetUp: () => void;
    /** Adds a filter to those of the list. */
    readonly onFilter: (filter: Filter) => void;
  },
): void {
  switch (action.kind) {
    case 'connect':
    case 'disconnect':
      void actions[action.kind](action.cluster.id);
      return;
    case 'use':
      void actions.setCurrent(action.cluster.id);
      return;
    case 'star':
    case 'unstar':
      void actions.star(action.cluster.id, action.kind === 'star');
      return;
    case 'open':
      navigation.openCluster(action.cluster.id);
      return;
    case 'copy':
      void actions.copyCommand(action.cluster).catch(() => {});
      return;
    case 'terminal':
      void actions.openTerminal(action.cluster.id);
      return;
    case 'link':
      void copyLink({ name: action.cluster.title, clusters: [action.cluster.id] }).then(
        actions.showDone,
        () => {},
      );
      return;
    case 'resume':
      void resume(actions, navigation);
      return;
    case 'signInToAll':
      void actions.signInToAll();
      return;
    case 'openSet':
      void actions.openSet(action.set).then((isOpened) => {
        if (!isOpened) navigation.open({ kind: 'set', name: action.set.name });
      });
      return;
    case 'linkSet':
      void copyLink(action.set, setLinkOf).then(actions.showDone, () => {});
      return;
    case 'removeSet':
      void actions.removeSet(action.set);
      return;
    case 'disconnectAll':
    case 'discover':
      void actions[action.kind]();
      return;
    case 'activity':
    case 'accounts':
    case 'settings':
      navigation.go({ kind: action.kind });
      return;
    case 'setUp':
      onSetUp();
      return;
    case 'shortcuts':
      navigation.open({ kind: 'shortcuts' });
      return;
    case 'filter':
      navigation.openList();
      onFilter(action.filter);
      return;
    case 'group':
      navigation.openList();
      void actions.groupBy(action.by);
  }
}

/** Connects what was open before, or asks first where there is production among it. */
export async function resume(
  actions: Pick<Actions, 'resume'>,
  navigation: Pick<Navigation, 'open'>,
): Promise<void> {
  if (!(await actions.resume())) navigation.open({ kind: 'resume' });
}
