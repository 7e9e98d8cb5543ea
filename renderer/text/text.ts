import type { ErrorCode } from '../../main/agent/app-error.ts';
import { agoWords, durationWords } from './durations.ts';

/** Every word of the window, in one place. */

/** What went wrong, short enough for a row. The whole message stands in the detail. */
const failures: Partial<Record<ErrorCode, string>> = {
  timeout: 'No answer in time',
  cancelled: 'Cancelled',
  'network-unreachable': 'The network does not reach Cloudflare',
  'network-proxy': 'The proxy on your network refused',
  'network-untrusted': 'Your network presents a certificate that is not trusted',
  'no-tunnel': 'No tunnel is set up for it',
  'access-no-application': 'Access does not know its host name',
  'access-app-info': 'Access gave no sign-in for it',
  'access-login-needed': 'Sign in again',
  'access-login-failed': 'The sign-in did not work',
  'access-login-timeout': 'The sign-in was not finished in time',
  'login-failed': 'The sign-in did not work',
  'login-timeout': 'The sign-in was not finished in time',
  'access-denied': 'Access refused you',
  'access-foreign-team': 'It belongs to another Access team',
  'edge-failed': 'Cloudflare does not take the connection',
  'origin-failed': 'The tunnel has no way to the cluster',
  'port-busy': 'Its local port is taken',
  'kube-untrusted': 'The cluster shows a certificate that is not its own',
  'kube-unauthorized': 'The cluster does not know you',
  'kube-unready': 'The cluster does not answer',
  'credential-failed': 'No credential for the cluster',
};

const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export const text = {
  product: 'k8s-tunnels',
  sources: { eks: 'EKS', gke: 'GKE', aks: 'AKS', vault: 'On-prem', file: 'File' },
  production: 'production',
  current: 'current',
  failure: (code: ErrorCode) => failures[code] ?? 'It did not work',

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
        ? `Trying again in ${Math.ceil(ms / 1000)} s: ${lowerFirst(reason)}`
        : `Trying again: ${lowerFirst(reason)}`,
    stale: (ms: number) => `last seen ${agoWords(ms)}`,
    latency: (ms: number) => `${Math.round(ms)} ms`,
    port: (port: number) => `:${port}`,
    why: 'Why',
    whyFor: (title: string) => `Why ${title} failed`,
    whyNotFor: (title: string) => `Why ${title} is not for you`,
    use: 'Use',
    usedFor: (title: string) => `Use ${title} in kubectl`,
    star: (title: string) => `Favourite ${title}`,
    connect: (title: string) => `Connect ${title}`,
    problems: (count: number) => plural(count, 'tag problem'),
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
    found: (found: number, all: number) => `${found} of ${all}`,
  },
  list: 'Clusters',

  header: {
    search: (count: number) => `Search ${plural(count, 'cluster')}`,
    clear: 'Clear the search',
    discover: 'Discover again',
    settings: 'Settings',
    reading: (read: number, known: number, clusters: number) =>
      `Reading ${read} of ${plural(known, 'place')}, ${plural(clusters, 'cluster')} so far`,
    starting: 'Looking for places to read',
    idle: (clusters: number, ms: number | undefined) =>
      `${plural(clusters, 'cluster')}${ms === undefined ? '' : ` · read ${agoWords(ms)}`}`,
    progress: 'Discovery',
  },

  places: {
    title: (count: number, all: number) => `${count} of ${plural(all, 'place')} could not be read`,
    details: 'Details',
    hide: 'Hide',
    reasons: (count: number) => `For ${plural(count, 'reason')}; what was known there stays.`,
  },
  login: {
    title: (domain: string) => `Waiting for you to sign in to ${domain}`,
    line: 'Finish in the browser; the rest follows by itself.',
    code: (code: string) => `Open the page on any device, and see that the code is ${code}.`,
    open: 'Open the page again',
    copy: 'Copy link',
  },
  copied: 'Copied',
  dismiss: 'Dismiss',

  footer: {
    session: (ms: number) => `${durationWords(ms)}`,
    sessionLeft: (email: string, domain: string, ms: number) =>
      `${email}, signed in to ${domain} for ${durationWords(ms)}`,
    someone: 'Signed in',
    signedOut: 'Not signed in',
    others: (count: number) => `+${count}`,
    kubectl: 'kubectl uses',
    none: 'no context',
    notOurs: 'not ours',
    menuEmpty: 'Connect a cluster to use it in kubectl',
  },

  confirm: {
    title: (title: string) => `Use ${title}?`,
    body: 'It is a production cluster: from then on, every kubectl command without a context goes to it.',
    yes: 'Use production',
    no: 'Leave kubectl where it is',
  },

  detail: {
    back: 'Clusters',
    stages: { edge: 'Edge', access: 'Access', origin: 'Origin', tls: 'TLS', readyz: 'Ready' },
    stageFailed: 'failed',
    stagePassed: 'passed',
    stageNone: 'not reached',
    menders: {
      you: 'You can fix this.',
      network: 'Your network, or whoever runs it, has to fix this.',
      'access-administrator': 'An administrator of Cloudflare Access has to fix this.',
      'cluster-administrator': 'The administrator of the cluster has to fix this.',
    },
    askOwner: (owner: string) => `Its owner is ${owner}.`,
    again: 'Try again',
    copy: 'Copy details',
    support: 'Get support',
    copyCommand: 'Copy the command',
    terminal: 'In your terminal',
    useHere: 'Use in kubectl',
    about: 'About',
    tags: 'Tags to mend',
    proxy: 'port',
    traffic: 'traffic',
    connections: (count: number, sent: string, received: string) =>
      `${plural(count, 'connection')}, ${sent} sent, ${received} received`,
    fields: {
      where: 'where',
      environment: 'environment',
      name: 'name there',
      hostname: 'host name',
      server: 'API server',
      version: 'version',
      group: 'group',
      owner: 'owner',
      description: 'what it is',
      docs: 'documentation',
      seen: 'last seen',
    },
    denied: {
      policy: 'Its Access policy does not admit you',
      device: 'Your device may be why Access refuses you',
      failing: (checks: readonly string[]) => `Your device fails: ${checks.join(', ')}.`,
      asked: (ms: number) => `Access said so ${agoWords(ms)}.`,
      ray: 'Ray ID',
      request: 'Ask for access',
      support: 'Support',
    },
    gone: 'This cluster is not there any more.',
  },

  settings: {
    title: 'Settings',
    general: 'General',
    kubectl: 'kubectl',
    discovery: 'Discovery',
    trust: 'Trust',
    signIns: 'Sign-ins',
    startAtLogin: ['Start at login', 'In the tray, without a window.'],
    favouritesOrder: ['Order of favourites', 'Your own is changed with Alt and the arrows.'],
    favouritesOrders: { own: 'My own', name: 'By name' },
    kubeconfigMode: ['On connect', 'Whether kubectl goes along. Production always asks.'],
    kubeconfigModes: { switch: 'Add and switch', add: 'Add only' },
    keepEntries: ['Keep entries', 'After disconnecting, kubectl --context opens the cluster again.'],
    kubeconfigPath: ['kubeconfig file', 'Empty: KUBECONFIG, else ~/.kube/config.'],
    catalogMaxAgeMinutes: ['Read again after', 'Minutes that a list of clusters counts as fresh at start.'],
    vaultMounts: ['Vault mounts', 'KV mounts that hold on-prem clusters, as mount or namespace:mount.'],
    clusterFiles: ['Cluster files', 'YAML lists of clusters that no cloud tells of.'],
    awsRegions: ['AWS regions', 'Empty: every region that an account has by default.'],
    extraAuthorities: ['Extra authorities', 'A PEM file to trust besides the system’s store; read at start.'],
    signInsTitle: 'Google and Azure',
    signInsKept: {
      keychain: 'In your keychain: its key seals our files.',
      'no-keychain': 'In files only you can read (0600): this computer offers no keychain.',
      headless: 'In files only you can read (0600): only the desktop app reaches your keychain.',
    },
    unchanged: 'Not saved',
    reset: 'reset',
    resetFor: (title: string) => `Reset ${title}`,
    from: { organisation: 'organisation', user: 'you', default: 'default' },
    managed: (organisation: string) => `${organisation} manages this setting.`,
  },

  empty: {
    title: 'No clusters found',
    body: 'Nothing is changed on this machine until you connect. This is where clusters are looked for:',
    places: [
      ['AWS', 'Every profile in ~/.aws/config that is signed in, in every region.'],
      ['Vault, for on-prem', 'The mounts in Settings, at VAULT_ADDR.'],
    ],
    discover: 'Discover again',
    settings: 'Settings',
  },
  loading: { title: 'Looking for your clusters', body: 'Each shows as soon as it is found.' },
  noHits: {
    title: (query: string) => `No cluster matches “${query}”`,
    meant: 'Did you mean ',
    partial: (count: number) => `${plural(count, 'place')} could not be read: it may be there.`,
    clear: 'Clear the search',
  },
  link: {
    opening: 'Starting',
    lost: 'The agent is not running; trying again',
    lostHint: 'The window comes back by itself. In a browser: start it again with k8s-tunnels serve.',
    failed: 'The agent cannot start',
    again: 'Try now',
  },
  problems: {
    connect: (title: string) => `${title} was not connected`,
    disconnect: (title: string) => `${title} was not disconnected`,
    disconnectAll: 'Not everything was disconnected',
    use: (title: string) => `kubectl was not moved to ${title}`,
    star: (title: string) => `${title} keeps its star as it was`,
    order: 'The favourites keep their order',
    discover: 'Discovery did not run',
  },
} as const;

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
