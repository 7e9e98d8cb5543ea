import { plural } from '../../main/model/wording.ts';

export const noticesText = {
  title: 'Notices',
  none: 'No notices',
  more: (count: number) => `+${count}`,
  undo: 'Undo',
  locations: {
    details: 'Details',
    hide: 'Hide',
    errors: (count: number) =>
      `${plural(count, { one: '# error', other: '# different errors' })}. Showing the last known clusters.`,
  },
} as const;
