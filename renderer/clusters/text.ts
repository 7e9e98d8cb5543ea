import { plural } from '../../main/model/wording.ts';
import { clusterCount, locationCount } from '../text/counts.ts';
import { secondsLeft } from '../text/quantities.ts';
import { ago } from '../text/times.ts';

export const clustersText = {
  sources: { eks: 'EKS', gke: 'GKE', aks: 'AKS', vault: 'On-prem', file: 'File' },
  current: 'current',
  marks: {
    off: 'Not connected',
    busy: 'Working',
    connected: 'Connected',
    degraded: 'Connected, with trouble',
    failed: 'Failed',
    none: 'No tunnel',
    denied: 'Not for you',
  },
  row: {
    loggingIn: 'Signing in: finish in the browser',
    connecting: 'Connecting',
    closing: 'Disconnecting',
    degraded: (reason: string) => `${reason}; the tunnel stands`,
    tryingAgain: (ms: number, reason: string) =>
      ms > 0
        ? `Trying again in ${secondsLeft(ms)}: ${lowerFirst(reason)}`
        : `Trying again: ${lowerFirst(reason)}`,
    stale: (ms: number) => `last seen ${ago(ms)}`,
    port: (port: number) => `:${port}`,
    why: 'Why',
    tryNow: 'Try now',
    tryNowFor: (title: string) => `Try now: ${title}`,
    whyFor: (title: string) => `Why ${title} failed`,
    whyNotFor: (title: string) => `Why ${title} is not for you`,
    use: 'Use',
    usedFor: (title: string) => `Use ${title} in kubectl`,
    star: (title: string) => `Favourite ${title}`,
    connect: (title: string) => `Connect ${title}`,
    problems: (count: number) => plural(count, { one: '# tag problem', other: '# tag problems' }),
    kept: 'kubectl opens it when used',
    gone: 'No longer found',
  },
  sections: {
    connected: 'Connected',
    favourites: 'Favourites',
    noTunnel: 'No tunnel',
    denied: 'Not for you',
    show: 'Show',
    hide: 'Hide',
    showDenied: 'Show what is not for you',
    hideDenied: 'Hide what is not for you',
    disconnectAll: 'Disconnect all',
    others: 'Clusters',
    late: 'New',
    without: { environment: 'No environment', group: 'No group' },
    found: (found: number, all: number) => `${found} of ${all}`,
  },
  list: 'Clusters',
  selection: {
    title: 'Selection',
    count: (count: number) => `${count} selected`,
    selected: 'selected',
    connect: 'Connect',
    disconnect: 'Disconnect',
    star: 'Star',
    save: 'Save as set…',
    clear: 'Clear',
  },
  sets: {
    title: (count: number) => `Save ${clusterCount(count)} as a set`,
    name: 'Name',
    save: 'Save',
    replace: 'Replace the set',
    cancel: 'Cancel',
  },
  filters: {
    title: 'Filters and groups',
    filter: 'Filter',
    groupBy: (group: string) => `Group by ${group}`,
    group: 'Group by',
    groups: {
      account: 'account',
      environment: 'environment',
      cloud: 'cloud',
      group: 'group tag',
      none: 'nothing',
    },
    state: 'State',
    states: { favourite: 'Favourite', connected: 'Connected', denied: 'Not for you' },
    facets: { environment: 'Environment', cloud: 'Cloud', account: 'Account' },
    remove: (title: string) => `Remove the filter ${title}`,
    clear: 'Clear',
  },
  empty: {
    title: 'No clusters found',
    body: 'Nothing is changed on this machine until you connect. This is where clusters are looked for:',
    places: {
      eks: ['AWS', 'Every profile and access portal that you are signed in to, in every region.'],
      gke: ['Google Cloud', 'Every project of the account that you are signed in with.'],
      aks: ['Azure', 'Every subscription of the account that you are signed in with.'],
      vault: ['Vault, for on-prem', 'The mounts in Settings, at your organisation’s Vault or VAULT_ADDR.'],
      file: ['Cluster files', 'The lists that Settings name.'],
    },
    discover: 'Discover again',
  },
  loading: { title: 'Looking for your clusters', body: 'Each shows as soon as it is found.' },
  noHits: {
    title: (query: string) => `No cluster matches “${query}”`,
    meant: 'Did you mean ',
    partial: (count: number) => `${locationCount(count)} could not be read: it may be there.`,
    clear: 'Clear the search',
    filtered: 'No cluster passes the filters',
    queryFiltered: (query: string) => `No cluster that passes the filters matches “${query}”`,
    clearFilters: 'Clear the filters',
  },
} as const;

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
