import { listed, plural } from '../../main/model/wording.ts';
import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';
import { resumedDay } from '../text/times.ts';

/** Names that a line has room for. */
const namesAtMost = 3;

export const barText = {
  title: 'Clusters, sets and commands',
  results: (count: number) => plural(count, { one: '# result', other: '# results' }),
  asks: 'asks for confirmation',
  actions: (title: string) => `Actions: ${isolated(title)}`,
  keys: {
    choose: 'choose',
    terminal: 'terminal',
    actions: 'actions',
    back: 'back',
  },
  sections: { recent: 'Recent', sets: 'Sets', pinned: 'Favourites', commands: 'Commands' },
  /** Names up to three clusters, and counts the others. */
  resume: (titles: readonly string[], at: number, now: number) =>
    `Resume ${clusterCount(titles.length)}${resumedDay(at, now)}: ${listed(titles.slice(0, namesAtMost).map(isolated), titles.length)}`,
  inList: (count: number) => `Show ${clusterCount(count)} in the list`,
  verbs: {
    connect: (title: string) => `Connect ${isolated(title)}`,
    disconnect: (title: string) => `Disconnect ${isolated(title)}`,
    use: (title: string) => `Switch to ${isolated(title)}`,
    terminal: (title: string) => `Open terminal in ${isolated(title)}`,
    open: (title: string) => `Open ${isolated(title)}`,
    copy: (title: string) => `Copy command for ${isolated(title)}`,
    link: (title: string) => `Copy link to ${isolated(title)}`,
    star: (title: string) => `Star ${isolated(title)}`,
    unstar: (title: string) => `Unstar ${isolated(title)}`,
  },
  /** What choosing a cluster does. */
  short: {
    connect: 'Connect',
    disconnect: 'Disconnect',
    use: 'Set current',
    terminal: 'Terminal',
    open: 'Open',
    copy: 'Copy command',
    link: 'Copy link',
    star: 'Star',
    unstar: 'Unstar',
  },
  /** Other words for a verb or a command, which find it too. */
  alsoCalled: {
    use: 'use set current context',
    open: 'page details',
    shortcuts: '? help keys',
    signInToAll: 'login',
  } as Readonly<Record<string, string>>,
  whole: {
    signInToAll: 'Sign in to all',
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
    removeSet: (name: string) => `Delete set ${isolated(name)}`,
  },
  shortcuts: {
    title: 'Keyboard shortcuts',
    close: 'Close',
    up: 'Up',
    down: 'Down',
    keys: (modifier: string) =>
      [
        [['a', '…', 'z'], 'Search clusters, sets and commands, wherever the focus is'],
        [['/'], 'Show recent clusters, sets, favourites and commands'],
        [[modifier, 'K'], 'The same, in a text field too'],
        [['Enter'], 'In the search: connect, set current, or run'],
        [[modifier, 'Enter'], 'In the search: open a terminal in the cluster'],
        [['Tab'], 'In the search: show the actions of the result'],
        [['↑', '↓'], 'Move between rows (also Home, End, Page Up and Page Down)'],
        [['Space'], 'Connect or disconnect'],
        [['Enter'], 'Open'],
        [['Shift', 'F10'], 'Show all actions'],
        [['*'], 'Add to or remove from favourites'],
        [['Alt', '↑', '↓'], 'Reorder favourites'],
        [['x'], 'Select; Shift with an arrow extends the selection'],
        [[modifier, 'A'], 'Select all'],
        [['c'], 'Compare the selected clusters'],
        [[modifier, 'Z'], 'Undo'],
        [['Esc'], 'Clear, or go back'],
        [['?'], 'Show keyboard shortcuts'],
      ] as const,
  },
} as const;
