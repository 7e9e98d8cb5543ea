import { plural } from '../../main/model/wording.ts';
import { locationCount } from '../text/counts.ts';

export const noticesText = {
  title: 'Notices',
  none: 'No notices',
  more: (count: number) => `+${count}`,
  undo: 'Undo',
  locations: {
    title: (count: number, all: number) => `Could not load ${count} of ${locationCount(all)}`,
    details: 'Details',
    hide: 'Hide',
    errors: (count: number) =>
      `${plural(count, { one: '# error', other: '# different errors' })}. Showing the last known clusters.`,
  },
  login: {
    title: (domain: string) => `Waiting for you to sign in to ${domain}`,
    line: 'Finish in the browser; k8s-tunnels continues automatically.',
    code: (code: string) => `Open the page on any device and check that it shows the code ${code}.`,
    open: 'Open page again',
    copy: 'Copy link',
  },
  dismiss: 'Dismiss',
} as const;
