import {
  type ClientLimit,
  type ClientOperation,
  clientOperations,
} from '../../main/model/clients/client-kind.ts';

/** What an operation of a client printed, or the error that it ended with. */
export type Outcome = { readonly value: string } | { readonly error: string };
export type Outcomes = Readonly<Partial<Record<ClientOperation, Outcome>>>;

/** What each operation yields where it works, whichever client does it. The eighth line of a log is not there at once. */
export const rightValues: Readonly<Record<ClientOperation, string>> = {
  get: 'default',
  list: '500',
  watch: '5 events',
  logs: 'line 7',
  exec: 'hello',
  'port-forward': 'the pod answers /x',
  release: 'installed, listed, upgraded, uninstalled',
};

/** How each limit shows in the errors of clients: the words of many libraries for the same thing. */
const signs: Readonly<Record<ClientLimit, RegExp>> = {
  'ignores-proxy': /resolv|name or service not known|getaddrinfo|ENOTFOUND|EAI_AGAIN|UnknownHost|nodename/i,
  'resolves-name': /resolv|name or service not known|getaddrinfo|ENOTFOUND|EAI_AGAIN|UnknownHost|nodename/i,
  'drops-password':
    /407|proxy authentication|auth(entication)? (failed|rejected|required)|no accept(ed|able)|not support user\/pass/i,
  'lacks-socks':
    /socks support|socksio|using socks proxy|no module named .?socks|missing dependencies for socks/i,
  'tls-to-proxy': /EOF|TLS handshake|reset by peer|first record does not look like/i,
  'exec-v1-unknown': /client\.authentication\.k8s\.io\/v1/,
};

/** `works`, the limits that explain a failure, or what nothing explains. */
export function judge(operation: ClientOperation, outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'not done';
  if ('value' in outcome)
    return outcome.value === rightValues[operation] ? 'works' : `unexpected value: ${outcome.value}`;
  return `fails: ${outcome.error}`;
}

/** Whether an error is the one that one of the limits leads to. */
export const explains = (because: readonly ClientLimit[], error: string) =>
  because.some((limit) => signs[limit].test(error));

/** Reads what a program of `programs/` prints. One that cannot start fails in everything that it was to do. */
export function outcomesOf(
  operations: readonly ClientOperation[],
  printed: { readonly stdout: string; readonly stderr: string },
): Outcomes {
  const outcomes: Partial<Record<ClientOperation, Outcome>> = {};
  let end = printed.stderr.trim().slice(-1500) || 'the program ended early';
  for (const line of printed.stdout.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { operation, value, error } = JSON.parse(line) as Readonly<Record<string, string | undefined>>;
    if (operation === 'start') end = error ?? end;
    const known = clientOperations.find((one) => one === operation);
    if (known !== undefined) outcomes[known] = error === undefined ? { value: value ?? '' } : { error };
  }
  for (const operation of operations) outcomes[operation] ??= { error: end };
  return outcomes;
}

/** The environment of one run: nothing of this computer's but what finds programs. */
export interface ClientRun {
  readonly env: Readonly<Record<string, string>>;
  /** An empty folder of its own, also its HOME. */
  readonly home: string;
  readonly operations: readonly ClientOperation[];
  /** The path of a prepared tool. */
  tool(id: string): string;
}
