import { plural } from '../../main/model/wording.ts';
import { locationCount } from '../text/counts.ts';

export const noticesText = {
  title: 'Notices',
  none: 'No notices',
  more: (count: number) => `+${count}`,
  undo: 'Undo',
  places: {
    title: (count: number, all: number) => `${count} of ${locationCount(all)} could not be read`,
    details: 'Details',
    hide: 'Hide',
    reasons: (count: number) =>
      `For ${plural(count, { one: '# reason', other: '# reasons' })}; what was known there stays.`,
  },
  login: {
    title: (domain: string) => `Waiting for you to sign in to ${domain}`,
    line: 'Finish in the browser; the rest follows by itself.',
    code: (code: string) => `Open the page on any device, and see that the code is ${code}.`,
    open: 'Open the page again',
    copy: 'Copy link',
  },
  dismiss: 'Dismiss',
} as const;
