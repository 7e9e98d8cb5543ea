import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { client as VaultClient } from 'node-vault';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import { retryRequest } from '../../async/request-retry.ts';
import type { Answer, Network } from '../../network/network.ts';
import type { Clock, Environment } from '../../parts.ts';
import { unreadable } from '../../storage/unreadable.ts';
import { noToken } from './errors.ts';

/** The same inputs that the vault command reads. */
export interface VaultParts {
  readonly env: Environment;
  readonly home: string;
  readonly network: Network;
  readonly clock: Clock;
}

/** Returns the file where the vault command stores its only token. */
export function vaultTokenFile(home: string): string {
  return path.join(home, '.vault-token');
}

/** Returns the token of `VAULT_TOKEN` or `~/.vault-token`. Rejects with `vault-no-token`, or `file-unreadable`. */
export async function vaultToken({ env, home }: Pick<VaultParts, 'env' | 'home'>): Promise<string> {
  if (env.VAULT_TOKEN !== undefined && env.VAULT_TOKEN !== '') return env.VAULT_TOKEN;
  const file = vaultTokenFile(home);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return '';
    throw unreadable(file, cause);
  });
  if (text.trim() !== '') return text.trim();
  throw noToken(`There is no Vault token in VAULT_TOKEN or ${file}.`);
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
 * too.
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
    'request-promise': { defaults: () => (request: VaultRequest) => send(parts, request, signal) },
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

/** Retries reads, which is harmless. */
async function send({ network, clock }: VaultParts, request: VaultRequest, signal?: AbortSignal) {
  const url = new URL(request.uri);
  const once = () => followOnce(network, url, request, signal);
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
  network: Network,
  url: URL,
  { method, headers, json }: VaultRequest,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const body =
    typeof json === 'object' && json !== null
      ? { body: JSON.stringify(json), headers: { ...headers, 'content-type': 'application/json' } }
      : { headers };
  const answer = await network.request(url, { method, ...body, signal, maxBytes });
  const { location } = answer.headers;
  if ((answer.status !== 307 && answer.status !== 308) || location === undefined) return answer;
  const next = new URL(location, url);
  // The token is sent along: never redirect from TLS to plain text.
  if (next.protocol !== url.protocol) return answer;
  return network.request(next, { method, ...body, signal, maxBytes });
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

/** Returns the paths for listing and reading secrets of a KV mount: version 2 has a prefix for each. */
export function kvPaths(version: 1 | 2, mount: string) {
  return {
    list: (folder: string) =>
      `${mount}/${version === 2 ? 'metadata/' : ''}${folder}${folder === '' ? '' : '/'}`,
    read: (secret: string) => `${mount}/${version === 2 ? 'data/' : ''}${secret}`,
  };
}
