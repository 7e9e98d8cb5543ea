import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const paletteText = {
  title: 'Commands',
  hint: 'What to do, with which cluster',
  none: 'Nothing here is called that.',
  asks: 'production, asks',
  verbs: {
    connect: (title: string) => `Connect ${isolated(title)}`,
    disconnect: (title: string) => `Disconnect ${isolated(title)}`,
    use: (title: string) => `Use ${isolated(title)} in kubectl`,
    open: (title: string) => `Open ${isolated(title)}`,
    copy: (title: string) => `Copy the command for ${isolated(title)}`,
    star: (title: string) => `Star ${isolated(title)}`,
    unstar: (title: string) => `Unstar ${isolated(title)}`,
  },
  whole: {
    disconnectAll: 'Disconnect all',
    discover: 'Discover again',
    activity: 'Activity',
    accounts: 'Accounts',
    settings: 'Settings',
    setUp: 'Set up…',
    shortcuts: 'Keyboard shortcuts',
  },
  filter: (title: string) => `Filter by ${title}`,
  clusters: (count: number) => clusterCount(count),
  sets: {
    openSet: (name: string) => `Open set ${isolated(name)}`,
    linkSet: (name: string) => `Copy link to set ${isolated(name)}`,
    removeSet: (name: string) => `Remove set ${isolated(name)}`,
  },
  shortcuts: {
    title: 'Keyboard shortcuts',
    close: 'Close',
    up: 'Up',
    down: 'Down',
    keys: (modifier: string) =>
      [
        [['/'], 'Search'],
        [[modifier, 'K'], 'Commands'],
        [['↑', '↓'], 'From row to row; Home, End and the page keys too'],
        [['Space'], 'Connect or disconnect'],
        [['Enter'], 'Open'],
        [['*'], 'Star'],
        [['Alt', '↑', '↓'], 'Move a favourite'],
        [['x'], 'Select; Shift with an arrow selects on'],
        [[modifier, 'A'], 'Select all'],
        [[modifier, 'Z'], 'Undo a disconnect or a lost star'],
        [['Esc'], 'Clear, or go back'],
        [['?'], 'This list'],
      ] as const,
  },
} as const;
