import { setLinkOf } from '../../main/api/link.ts';
import type { Actions } from '../agent/actions.ts';
import type { Filter } from '../clusters/filters.ts';
import { copyLink } from '../links/copy-link.ts';
import type { Navigation } from '../navigation/use-navigation.ts';
import type { PaletteAction } from './choices.ts';

/** Performs an action that was chosen in the palette. Failures are shown as notices. */
export function perform(
  action: PaletteAction,
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
