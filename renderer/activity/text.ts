import { clusterCount } from '../text/counts.ts';
import { listedNames } from '../text/isolated.ts';

export const activityText = {
  title: 'Activity',
  problems: 'Problems only',
  unread: 'Could not load the activity',
  news: (line: string) => `New: ${line}`,
  none: ['No activity yet', 'Connections, discoveries, sign-ins and failures appear here.'],
  noneOfIt: ['No activity for this cluster', 'Connections and failures appear here.'],
  noProblems: ['No problems', 'No recent errors.'],
  connected: 'connected',
  by: {
    person: undefined,
    kubectl: 'Connected on demand for kubectl',
    agent: 'Connected again automatically',
  },
  reconnected: 'reconnected',
  away: (span: string) => `After ${span}`,
  interrupted: 'lost its connection',
  unready: 'is not responding',
  failed: 'failed',
  closed: 'disconnected',
  closedByAgent: 'k8s-tunnels stopped or could not keep it connected',
  refused: (port: number) => `rejected a connection to port ${port}`,
  refusedFor: {
    account: 'Another account on this computer',
    password: 'Wrong password',
    tls: 'TLS to the proxy (kubectl before 1.24?)',
    form: 'A program that the entry form does not serve',
  },
  clientFailed: 'could not connect a client',
  clientCut: 'dropped a client connection',
  process: (name: string, pid: number) => `${name}, process ${pid}`,
  context: 'Switched the current context to',
  noContext: 'Unset the current context',
  signedIn: (provider: string) => `Signed in to ${provider}`,
  signedOut: (provider: string) => `Signed out of ${provider}`,
  signInEnded: (provider: string) => `Your session at ${provider} ended`,
  discovered: (count: number) => `Discovered ${clusterCount(count)}`,
  added: (count: number, titles: readonly string[]) =>
    `${count} new: ${listedNames(titles, count, titles.length)}`,
  gone: (count: number, titles: readonly string[]) =>
    `${count} removed: ${listedNames(titles, count, titles.length)}`,
  settings: 'Settings changed',
} as const;
