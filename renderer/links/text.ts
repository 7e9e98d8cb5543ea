import { plural } from '../../main/model/wording.ts';
import { controlsText } from '../controls/text.ts';
import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const linksText = {
  title: (count: number) => (count === 0 ? 'Nothing to open' : `Open ${clusterCount(count)}?`),
  fromLink: 'Requested by a link. Nothing connects until you confirm.',
  ofSet: (name: string) => `Set: ${isolated(name)}`,
  ofResume: 'These clusters were connected before.',
  nothingFits: 'No cluster that you have access to matches.',
  list: 'Clusters to open',
  production: (titles: readonly string[]) =>
    `${controlsText.areProduction(titles)}. The current context does not change.`,
  others: (count: number) =>
    plural(count, { one: 'Connect only the other', other: 'Connect only the other #' }),
  yes: (count: number, production: number) => {
    if (production === 0) return `Connect ${count}`;
    return production < count
      ? `Connect ${count} (${production} production)`
      : `Connect ${count} (production)`;
  },
  no: 'Cancel',
  close: 'Close',
  copied: (name: string) => `Copied the link to ${isolated(name)}.`,
  refused: 'Invalid link',
} as const;
