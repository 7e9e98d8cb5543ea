import type { EntryForm } from '../entry-form.ts';

/**
 * The entry forms in which clients differ: a SOCKS5 proxy, an HTTP CONNECT proxy, a local TLS proxy that ends TLS and
 * adds the credential.
 */
export type ClientForm = EntryForm | 'tls';
export const clientForms: readonly ClientForm[] = ['socks5', 'connect', 'tls'];

/** `release` is what helm does: install, list, upgrade, uninstall. */
export const clientOperations = ['get', 'list', 'watch', 'logs', 'exec', 'port-forward', 'release'] as const;
export type ClientOperation = (typeof clientOperations)[number];

/** The causes for which a client cannot use an entry, in words that follow "because it". */
export const clientLimits = {
  'ignores-proxy': 'ignores proxy-url and resolves the name of the API server itself',
  'drops-password': 'connects to the proxy without the password of proxy-url',
  'resolves-name': 'resolves the name of the API server itself, which a private name does not allow',
  'lacks-socks': 'needs another package for SOCKS proxies',
  'tls-to-proxy': 'opens TLS to the SOCKS proxy itself',
  'exec-v1-unknown': 'does not know the exec credential API client.authentication.k8s.io/v1',
} as const;
export type ClientLimit = keyof typeof clientLimits;

/** What a client can do with an entry of one form. */
export type Served =
  | { readonly status: 'all' }
  | {
      readonly status: 'part';
      readonly without: readonly ClientOperation[];
      readonly because: readonly ClientLimit[];
    }
  | { readonly status: 'none'; readonly because: readonly ClientLimit[] };

/** How a client is found: a program on PATH, or a package in the lock file of a project. */
export interface ClientPackage {
  readonly registry: 'program' | 'go' | 'pypi' | 'npm' | 'maven' | 'crates' | 'galaxy';
  readonly name: string;
  /** The first version of the row where this package is numbered otherwise than the client. */
  readonly from?: string;
}

/**
 * What variables of the environment change for a client. `around-proxy`: it goes around the proxy of an entry whose API
 * server NO_PROXY names. `proxied-loopback`: it sends a request for 127.0.0.1 to HTTPS_PROXY, unless NO_PROXY names it.
 */
export type ClientVariableEffect = 'around-proxy' | 'proxied-loopback';

/** One row of the table: versions of a client that behave alike. */
export interface ClientKind {
  readonly id: string;
  readonly name: string;
  /** Any of these. */
  readonly packages: readonly ClientPackage[];
  /** The first version of the row, and the first after it: undefined where the row has no end. */
  readonly from?: string;
  readonly before?: string;
  /** For people: `1.24 to 1.37`. */
  readonly versions: string;
  /** What the client can do at all. */
  readonly operations: readonly ClientOperation[];
  readonly forms: Readonly<Record<ClientForm, Served>>;
  readonly variables?: readonly ClientVariableEffect[];
  /** Where its makers describe or discuss the behaviour. */
  readonly sources: readonly string[];
  /** A sentence for people that the forms do not say. */
  readonly note?: string;
}
