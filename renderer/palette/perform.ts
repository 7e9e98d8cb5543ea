import type { Actions } from '../agent/actions.ts';
import type { Filter } from '../clusters/filters.ts';
import { copyLink } from '../links/copy-link.ts';
import type { Navigation } from '../navigation/use-navigation.ts';
import type { Deed } from './choices.ts';

/** Performs an action that was chosen in the palette. Failures are shown as notices. */
export function perform(
  deed: Deed,
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
  switch (deed.kind) {
    case 'connect':
    case 'disconnect':
    case 'use':
      void actions[deed.kind](deed.cluster.id);
      return;
    case 'star':
    case 'unstar':
      void actions.star(deed.cluster.id, deed.kind === 'star');
      return;
    case 'open':
      navigation.openCluster(deed.cluster.id);
      return;
    case 'copy':
      void actions.copyCommand(deed.cluster).catch(() => {});
      return;
    case 'openSet':
      void actions.openSet(deed.set).then((isOpened) => {
        if (!isOpened) navigation.open({ kind: 'set', name: deed.set.name });
      });
      return;
    case 'linkSet':
      void copyLink(deed.set).then(actions.say, () => {});
      return;
    case 'removeSet':
      void actions.removeSet(deed.set);
      return;
    case 'disconnectAll':
    case 'discover':
      void actions[deed.kind]();
      return;
    case 'activity':
    case 'accounts':
    case 'settings':
      navigation.go({ kind: deed.kind });
      return;
    case 'setUp':
      onSetUp();
      return;
    case 'shortcuts':
      navigation.open({ kind: 'shortcuts' });
      return;
    case 'filter':
      navigation.openList();
      onFilter(deed.filter);
      return;
    case 'group':
      navigation.openList();
      void actions.groupBy(deed.by);
  }
}
