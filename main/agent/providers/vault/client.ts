import type { client as VaultClient } from 'node-vault';
import { AppError } from '../../../model/app-error.ts';
import { retryRequest } from '../../async/request-retry.ts';
import type { Answer, Network, RequestTls } from '../../network/network.ts';
import type { Clock, Environment } from '../../parts.ts';
import type { VaultSessions } from './sessions.ts';
import { type VaultTls, vaultTls } from './tls.ts';
import type { VaultTokenStore } from './token.ts';

/** The same inputs that the vault command reads. */
export interface VaultParts {
  readonly env: Environment;
  readonly home: string;
  readonly network: Network;
  readonly clock: Clock;
  /** Decides over VAULT_SKIP_VERIFY. It is allowed without a warning where undefined. */
  readonly skipVerify?: VaultTls['skipVerify'] | undefined;
  /** Renews the token that is in use. Undefined where no agent runs. */
  readonly renewals?: { use(address: URL, token: string): void } | undefined;
  /** Where the token of this Vault is, if it is not that of VAULT_ADDR: the vault command's store is not used then. */
  readonly store?: VaultTokenStore | undefined;
  /** The sessions of other Vaults. */
  readonly sessions?: VaultSessions | undefined;
}

/** Parses `https://host[:port]` of a Vault server. Throws `vault-failed` if it is not such an address. */
export function vaultAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new AppError('vault-failed', 'VAULT_ADDR is not an http:// or https:// address.', {
    hint: 'Set VAULT_ADDR to the address of your Vault, for example https://vault.example.com:8200.',
  });
}

/**
 * Creates the client of node-vault over our own network, so that its proxy, CA certificates and time limits apply here
 * too, and the variables of Vault's own TLS settings. Rejects as `vaultTls`.
 */
export async function vaultClient(options: {
  readonly parts: VaultParts;
  readonly address: URL;
  readonly token: string;
  /** Overrides `VAULT_NAMESPACE`. */
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<VaultClient> {
  const { parts, address, token, namespace, signal } = options;
  const tls = address.protocol === 'https:' ? vaultTls(parts, address) : undefined;
  const { default: vault } = await import('node-vault');
  const client = vault({
    endpoint: address.href,
    token,
    // Every proxy passes a GET with ?list=1, but not the LIST verb.
    noCustomHTTPVerbs: true,
    // By default it prints requests with their passwords if the environment's DEBUG is set.
    debug: () => {},
    // Replaces two packages and a hundred commands: those that we call have no parameters in their paths.
    commands,
    mustache: { render: plainPath },
    tv4: Object.assign(() => true, { validate: () => true }),
    // node-vault's name for a custom requester.
    'request-promise': {
      defaults: () => (request: VaultRequest) => send({ ...parts, tls }, request, signal),
    },
  });
  // Set afterwards, because node-vault would fall back to the process's environment.
  Object.assign(client, { token, namespace: namespace ?? parts.env.VAULT_NAMESPACE ?? '' });
  return client;
}

/** Vault's storage accepts entries of 1 MB; a list of 100,000 names has 3 MB. */
const maxBytes = 4 * 1024 * 1024;

/** The commands that we call by name, as in https://developer.hashicorp.com/vault/api-docs/auth/token. */
const commands = {
  tokenLookupSelf: { method: 'GET', path: '/auth/token/lookup-self' },
  tokenRenewSelf: { method: 'POST', path: '/auth/token/renew-self', schema: {} },
  tokenRevokeSelf: { method: 'POST', path: '/auth/token/revoke-self' },
} as const;

function plainPath(template: string): string {
  if (!template.includes('{{')) return template;
  throw new Error(`The path ${template} has parameters, which nothing fills in here.`);
}

interface VaultRequest {
  readonly uri: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a write; `true` means none. */
  readonly json?: unknown;
}

/** Rate limits, followers that lag behind, and servers that are being replaced. */
const passing = new Set([412, 429, 502, 503, 504]);
const longestPauseMs = 10_000;

type SendParts = Pick<VaultParts, 'network' | 'clock'> & { readonly tls: RequestTls | undefined };

/** Retries reads, which is harmless. */
async function send(parts: SendParts, request: VaultRequest, signal?: AbortSignal) {
  const { clock } = parts;
  const url = new URL(request.uri);
  const once = () => followOnce(parts, url, request, signal).catch(namingAuthority);
  const answer =
    request.method === 'GET'
      ? await retryRequest({
          clock,
          send: once,
          passing,
          pauseMs: ({ headers }, defaultMs) =>
            Math.min(longestPauseMs, askedPauseMs(headers['retry-after']) ?? defaultMs),
          signal,
        })
      : await once();
  return { statusCode: answer.status, body: parse(answer.body), request: { path: url.pathname } };
}

/** Follows one redirect: a standby that does not forward answers 307 with the address of the active server. */
async function followOnce(
  { network, tls }: SendParts,
  url: URL,
  { method, headers, json }: VaultRequest,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const body =
    typeof json === 'object' && json !== null
      ? { body: JSON.stringify(json), headers: { ...headers, 'content-type': 'application/json' } }
      : { headers };
  const answer = await network.request(url, { method, ...body, signal, maxBytes, tls });
  const { location } = answer.headers;
  if ((answer.status !== 307 && answer.status !== 308) || location === undefined) return answer;
  const next = new URL(location, url);
  // The token is sent along: never redirect from TLS to plain text.
  if (next.protocol !== url.protocol) return answer;
  return network.request(next, { method, ...body, signal, maxBytes, tls });
}

/** Names Vault's own variable for a certificate that is not trusted. */
function namingAuthority(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'network-untrusted') throw error;
  throw new AppError(error.code, error.message, {
    hint: 'Point VAULT_CACERT at the PEM file of the certificate authority of this Vault.',
    cause: error,
  });
}

function askedPauseMs(retryAfter: string | undefined): number | undefined {
  const asked = Number(retryAfter) * 1000;
  return Number.isFinite(asked) && asked > 0 ? asked : undefined;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Encodes each path segment. */
export function encodePath(text: string): string {
  return text.split('/').map(encodeURIComponent).join('/');
}

/** A folder of a KV mount: the mount's own path, and the folder in it, which is empty for the whole mount. */
export interface KvFolder {
  readonly mount: string;
  readonly version: 1 | 2;
  readonly folder: string;
}

/** Returns the paths for listing and reading secrets below a folder: version 2 has a prefix for each. */
export function kvPaths({ mount, version, folder }: KvFolder) {
  return {
    list: (below: string) =>
      `${[mount, ...(version === 2 ? ['metadata'] : []), folder, below].filter(Boolean).join('/')}/`,
    read: (secret: string) =>
      [mount, ...(version === 2 ? ['data'] : []), folder, secret].filter(Boolean).join('/'),
  };
}
