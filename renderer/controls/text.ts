import { plural } from '../../main/model/wording.ts';
import { listedNames } from '../text/isolated.ts';

export const controlsText = {
  production: 'production',
  areProduction: (titles: readonly string[]) =>
    `${listedNames(titles)} ${plural(titles.length, { one: 'is a production cluster', other: 'are production clusters' })}`,
  mixedScripts: {
    badge: 'mixed scripts',
    which: (letters: string) => `Mixed scripts: ${letters}`,
    note: (letters: string) =>
      `Mixed scripts: ${letters}. This name may be made to look like another. Check the account, and ask the owner.`,
  },
  copied: 'Copied',
  dismiss: 'Dismiss',
} as const;
