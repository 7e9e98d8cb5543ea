import { controlsText } from '../controls/text.ts';
import { clusterCount } from '../text/counts.ts';
import { isolated } from '../text/isolated.ts';

export const agentText = {
  link: {
    opening: 'Starting',
    lost: 'The agent is not running; trying again',
    lostHint: 'The window reconnects automatically.',
    notServed: 'k8s-tunnels serve is not running',
    notServedHint: 'Run k8s-tunnels serve and open the address that it prints.',
    ended: {
      'no-session': 'This tab has no session',
      'session-ended': 'This session has ended',
      foreign: 'Another program answers at this address',
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
    again: 'Try now',
  },
  problems: {
    connect: (title: string) => `${title} was not connected`,
    disconnect: (title: string) => `${title} was not disconnected`,
    disconnectAll: 'Not everything was disconnected',
    tryNow: (title: string) => `${title} was not tried`,
    use: (title: string) => `kubectl was not moved to ${title}`,
    switchBack: 'The previous context was not restored',
    allow: (title: string) => `${title} was not allowed`,
    star: (title: string) => `${title} keeps its star as it was`,
    removeSet: (name: string) => `The set ${name} was not removed`,
    saveSet: (name: string) => `The set ${name} was not saved`,
    order: 'The favourites keep their order',
    discover: 'Discovery did not run',
    group: 'The list is grouped as before',
    firstRun: 'This page comes again',
  },
  done: {
    disconnected: (what: string) => `Disconnected ${what}.`,
    unstarred: (title: string) => `${isolated(title)} is no favourite any more.`,
    copied: (title: string) => `Copied the command for ${isolated(title)}.`,
    saved: (name: string) => `Saved the set ${isolated(name)}.`,
    setUp: (name: string) => `Set up for ${isolated(name)}.`,
    setupRemoved: (name: string) => `Removed the setup for ${isolated(name)}.`,
    removed: (name: string) => `Removed the set ${isolated(name)}.`,
    switched: (context: string, from: string | undefined) =>
      from === undefined
        ? `Current context: ${isolated(context)}. There was none before.`
        : `Current context: ${isolated(context)} instead of ${isolated(from)}.`,
    notSwitched: (titles: readonly string[]) =>
      `The current context was not switched: ${controlsText.areProduction(titles)}.`,
  },
  /** One by its name, several by their number. */
  several: (titles: readonly string[]) =>
    titles.length === 1 ? isolated(titles[0] ?? '') : clusterCount(titles.length),
} as const;
