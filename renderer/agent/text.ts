import { controlsText } from '../controls/text.ts';
import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const agentText = {
  link: {
    opening: 'Starting',
    lost: 'The agent is not running; reconnecting',
    lostHint: 'The window reconnects automatically.',
    notServed: 'k8s-tunnels serve is not running',
    notServedHint: 'Run k8s-tunnels serve and open the address that it prints.',
    ended: {
      'no-session': 'This tab has no session',
      'session-ended': 'This session has ended',
      foreign: 'Another program is listening at this address',
    },
    endedHints: {
      'no-session':
        'An address opens one tab, once. Press Enter in the terminal that runs k8s-tunnels serve, or run k8s-tunnels serve, and open the new address.',
      'session-ended':
        'A session ends with k8s-tunnels serve and with the agent, after 12 hours without use, and 15 minutes after its tab is closed. Press Enter in the terminal that runs k8s-tunnels serve, or run k8s-tunnels serve, and open the new address.',
      foreign:
        'It is not the k8s-tunnels serve that opened this tab. Enter nothing here and close the tab. Run k8s-tunnels serve and open the address that it prints.',
    },
    confirming: 'Confirm in the terminal that runs k8s-tunnels serve',
    failed: 'The agent cannot start',
    again: 'Retry now',
  },
  connected: 'Already connected',
  setupPending: (name: string) => `${isolated(name)} has a new configuration`,
  problems: {
    connect: (title: string) => `Could not connect ${title}`,
    disconnect: (title: string) => `Could not disconnect ${title}`,
    disconnectAll: 'Could not disconnect all clusters',
    tryNow: (title: string) => `Could not retry ${title}`,
    use: (title: string) => `Could not switch to ${title}`,
    switchBack: 'Could not restore the previous context',
    allow: (title: string) => `Could not allow ${title}`,
    star: (title: string) => `Could not change the favourite ${title}`,
    removeSet: (name: string) => `Could not delete the set ${name}`,
    saveSet: (name: string) => `Could not save the set ${name}`,
    order: 'Could not reorder the favourites',
    discover: 'Could not refresh the clusters',
    group: 'Could not change the grouping',
    collapse: 'Could not save which groups are collapsed',
    firstRun: 'Could not save that set-up is done',
  },
  done: {
    disconnected: (what: string) => `Disconnected ${what}.`,
    unstarred: (title: string) => `Removed ${isolated(title)} from favourites.`,
    copied: (title: string) => `Copied the command for ${isolated(title)}.`,
    saved: (name: string) => `Saved the set ${isolated(name)}.`,
    setUp: (name: string) => `Set up for ${isolated(name)}.`,
    setupRemoved: (name: string) => `Removed the set-up for ${isolated(name)}.`,
    setupChanged: 'The configuration has changed.',
    setupUnchanged: 'The configuration is up to date.',
    removed: (name: string) => `Deleted the set ${isolated(name)}.`,
    switched: (context: string, from: string | undefined) =>
      from === undefined
        ? `Switched the current context to ${isolated(context)}.`
        : `Switched the current context from ${isolated(from)} to ${isolated(context)}.`,
    notSwitched: (titles: readonly string[]) =>
      `The current context was not switched: ${controlsText.areProduction(titles)}.`,
  },
  /** One by its name, several by their number. */
  several: (titles: readonly string[]) =>
    titles.length === 1 ? isolated(titles[0] ?? '') : clusterCount(titles.length),
} as const;
