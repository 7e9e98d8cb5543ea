import { clusterCount } from '../text/counts.ts';
import { listedNames } from '../text/isolated.ts';

export const activityText = {
  title: 'Activity',
  problems: 'Problems only',
  unread: 'What happened could not be read',
  news: (line: string) => `New: ${line}`,
  none: [
    'Nothing has happened yet',
    'What is connected, found, signed in to or fails stands here, with its time.',
  ],
  noneOfIt: ['Nothing has happened to it yet', 'What is connected or fails stands here, with its time.'],
  noProblems: ['No problems', 'Nothing of what is remembered went wrong.'],
  connected: 'connected',
  by: { person: undefined, kubectl: 'Opened because kubectl used it', agent: 'Opened again by itself' },
  reconnected: 'is back',
  away: (span: string) => `After ${span}`,
  interrupted: 'lost its connection',
  unready: 'does not answer',
  failed: 'failed',
  closed: 'disconnected',
  closedByAgent: 'Because k8s-tunnels ended or could not keep it',
  refused: (port: number) => `refused a connection to port ${port}`,
  refusedFor: {
    account: 'Another account of this computer',
    password: 'Wrong password',
    tls: 'TLS to the proxy (kubectl before 1.24?)',
  },
  clientFailed: 'could not connect a program',
  clientCut: 'cut a program’s connection',
  process: (name: string, pid: number) => `${name}, process ${pid}`,
  context: 'kubectl uses',
  noContext: 'kubectl uses no context',
  signedIn: (provider: string) => `Signed in to ${provider}`,
  signedOut: (provider: string) => `Signed out of ${provider}`,
  signInEnded: (provider: string) => `Your sign-in to ${provider} ended`,
  discovered: (count: number) => `Discovery found ${clusterCount(count)}`,
  added: (count: number, titles: readonly string[]) =>
    `${count} new: ${listedNames(titles, count, titles.length)}`,
  gone: (count: number, titles: readonly string[]) =>
    `${count} gone: ${listedNames(titles, count, titles.length)}`,
  settings: 'Settings changed',
} as const;
