import { plural } from '../../main/model/wording.ts';
import { controlsText } from '../controls/text.ts';
import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const linksText = {
  title: (count: number) => (count === 0 ? 'There is nothing to open' : `Open ${clusterCount(count)}?`),
  fromLink: 'A link asks for this. Nothing is connected before you say so.',
  ofSet: (name: string) => `The set ${isolated(name)}.`,
  nothingFits: 'No cluster that you may see fits it.',
  list: 'Clusters to open',
  connected: 'Connected already',
  production: (titles: readonly string[]) =>
    `${controlsText.areProduction(titles)}. The current context stays as it is.`,
  others: (count: number) =>
    plural(count, { one: 'Connect only the other one', other: 'Connect only the other #' }),
  yes: (count: number, production: number) =>
    production === 0
      ? `Connect ${count}`
      : production < count
        ? `Connect ${count}, ${production} of them production`
        : plural(count, { one: 'Connect #, production', other: 'Connect #, all of them production' }),
  no: 'Cancel',
  close: 'Close',
  copied: (name: string) => `Copied the link to ${isolated(name)}.`,
  refused: 'This link is refused',
} as const;
