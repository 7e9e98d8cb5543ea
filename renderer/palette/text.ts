import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const paletteText = {
  title: 'Commands',
  hint: 'Type a command or a cluster',
  none: 'No matching command',
  asks: 'asks for confirmation',
  verbs: {
    connect: (title: string) => `Connect ${isolated(title)}`,
    disconnect: (title: string) => `Disconnect ${isolated(title)}`,
    use: (title: string) => `Switch to ${isolated(title)}`,
    open: (title: string) => `Open ${isolated(title)}`,
    copy: (title: string) => `Copy command for ${isolated(title)}`,
    star: (title: string) => `Star ${isolated(title)}`,
    unstar: (title: string) => `Unstar ${isolated(title)}`,
  },
  /** Other words for a verb, which find it too. */
  alsoCalled: { use: 'use set current context' } as Readonly<Record<string, string>>,
  whole: {
    disconnectAll: 'Disconnect all',
    discover: 'Refresh',
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
        [['↑', '↓'], 'Move between rows (also Home, End, Page Up and Page Down)'],
        [['Space'], 'Connect or disconnect'],
        [['Enter'], 'Open'],
        [[modifier, 'Enter'], 'Open a terminal'],
        [['Shift', 'F10'], 'Show all actions'],
        [['*'], 'Add to or remove from favourites'],
        [['Alt', '↑', '↓'], 'Reorder favourites'],
        [['x'], 'Select; Shift with an arrow extends the selection'],
        [[modifier, 'A'], 'Select all'],
        [[modifier, 'Z'], 'Undo'],
        [['Esc'], 'Clear, or go back'],
        [['?'], 'Show keyboard shortcuts'],
      ] as const,
  },
} as const;
