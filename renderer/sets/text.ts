import { plural } from '../../main/model/wording.ts';
import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const setsText = {
  title: 'Sets',
  open: (name: string, count: number) => `Connect the set ${isolated(name)}, ${clusterCount(count)}`,
  isOpen: 'connected',
  actions: (name: string) => `Actions for the set ${isolated(name)}`,
  connect: (count: number) => plural(count, { one: 'Connect # cluster', other: 'Connect # clusters' }),
  disconnect: (count: number) =>
    plural(count, { one: 'Disconnect # cluster', other: 'Disconnect # clusters' }),
  change: 'Change…',
  copyLink: 'Copy link',
  delete: 'Delete set',
  of: (organisation: string) => `Set of ${isolated(organisation)}`,
  yourOrganisation: 'your organisation',
  edit: {
    title: (name: string) => `Change the set ${isolated(name)}`,
    name: 'Name',
    members: 'Clusters of the set',
    gone: 'No longer found',
    takeOut: (title: string) => `Take ${isolated(title)} out`,
    find: 'Add clusters',
    findHint: 'Search clusters',
    add: (title: string) => `Add ${isolated(title)}`,
    none: 'No cluster matches',
    full: 'A set has at most 50 clusters.',
    empty: 'A set has at least one cluster.',
    save: 'Save',
    cancel: 'Cancel',
  },
  proposal: {
    title: (name: string) => `Save the set ${isolated(name)}?`,
    nothing: 'Nothing to save',
    note: 'Proposed by a link. Nothing is saved or connected until you confirm.',
    replaces: 'You have a set of this name. Its clusters are replaced.',
    hides: 'Your organisation has a set of this name. Yours is shown in its place.',
    list: 'Clusters of the set',
    save: (count: number) => plural(count, { one: 'Save # cluster', other: 'Save # clusters' }),
    replace: 'Replace set',
  },
} as const;
