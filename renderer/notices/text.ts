import { timeLeft } from '../../main/model/time-left.ts';
import { plural } from '../../main/model/wording.ts';
import { isolated } from '../text/isolated.ts';

export const noticesText = {
  title: 'Notices',
  none: 'No notices',
  more: (count: number) => `+${count}`,
  undo: 'Undo',
  renewal: {
    title: (session: string, endsAt: number, now: number) =>
      `Your session at ${isolated(session)} ends in ${timeLeft(endsAt, now)}`,
    body: 'Open connections end with it.',
    renew: 'Renew session',
    renewing: 'Signing in',
  },
  locations: {
    details: 'Details',
    hide: 'Hide',
    errors: (count: number) =>
      `${plural(count, { one: '# error', other: '# different errors' })}. Showing the last known clusters.`,
  },
} as const;
