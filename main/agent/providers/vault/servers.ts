import { isDeepStrictEqual } from 'node:util';
import type { CredentialSource } from '../../../model/cluster.ts';
import type { Organisation } from '../../../model/organisation.ts';
import type { Environment } from '../../parts.ts';
import type { VaultParts } from './client.ts';
import { noStore } from './sessions.ts';

/** A Vault server in addition to that of `VAULT_ADDR`. */
export interface VaultServer {
  readonly address: string;
  /** Undefined: the root namespace. */
  readonly namespace?: string | undefined;
  readonly mounts: readonly string[];
}

/** Returns the environment with the organisation's Vault if the user has set none. Its namespace belongs to it. */
export function vaultEnvironment(env: Environment, organisation: Organisation | undefined): Environment {
  const [vault] = addressesOf(organisation);
  if (vault === undefined || (env.VAULT_ADDR !== undefined && env.VAULT_ADDR !== '')) return env;
  return { ...env, VAULT_ADDR: vault.address, VAULT_NAMESPACE: vault.namespace ?? env.VAULT_NAMESPACE };
}

/**
 * Returns the organisation's further Vault servers. A VAULT_ADDR that is none of its addresses takes the place of the
 * first; one that is a later address does not.
 */
export function vaultServers(
  organisation: Organisation | undefined,
  env: Environment = {},
): readonly VaultServer[] {
  const [first, ...others] = addressesOf(organisation);
  if (first === undefined) return [];
  return isLater(env, organisation) ? [first, ...others] : others;
}

/** Returns the mounts to read at VAULT_ADDR: the organisation's default for them belongs to its first address. */
export function ownMounts(options: {
  readonly env: Environment;
  /** The setting. */
  readonly mounts: readonly string[];
  readonly organisation: Organisation | undefined;
}): readonly string[] {
  const { env, mounts, organisation } = options;
  const [first] = addressesOf(organisation);
  return isLater(env, organisation) && isDeepStrictEqual(mounts, first?.mounts) ? [] : mounts;
}

/** Returns the organisation's login method for that server, if it sets one: that of the first entry with its address. */
export function vaultLogin(address: URL, organisation: Organisation | undefined) {
  return addressesOf(organisation).find((one) => originOf(one.address) === address.origin)?.login;
}

/**
 * Returns the parts with which this server is that of `VAULT_ADDR`. At another origin it has a session of its own: the
 * user's token and the name for the certificate belong to their own VAULT_ADDR.
 */
export function vaultServerParts(parts: VaultParts, { address, namespace }: VaultServer): VaultParts {
  const env: Environment = { ...parts.env, VAULT_ADDR: address, VAULT_NAMESPACE: namespace ?? '' };
  if (originOf(parts.env.VAULT_ADDR) === originOf(address)) return { ...parts, env };
  const { VAULT_TOKEN: _token, VAULT_TLS_SERVER_NAME: _name, ...others } = env;
  const url = URL.parse(address);
  const store = url === null ? undefined : parts.sessions?.storeFor(url);
  return { ...parts, env: others, store: store ?? noStore };
}

/** Returns the parts of each Vault with a session of its own. */
export function otherVaults(parts: VaultParts, servers: readonly VaultServer[]): readonly VaultParts[] {
  const own = originOf(parts.env.VAULT_ADDR);
  const origins = servers.map(({ address }) => originOf(address));
  return servers
    .filter((_, at) => origins[at] !== own && origins.indexOf(origins[at]) === at)
    .map((server) => vaultServerParts(parts, server));
}

/** Returns the parts with which the server of a cluster's secret is that of `VAULT_ADDR`. */
export function partsFor(
  source: Pick<Extract<CredentialSource, { kind: 'vault' }>, 'address'>,
  { parts, servers }: { readonly parts: VaultParts; readonly servers: readonly VaultServer[] },
): VaultParts {
  const isThere = (address = '') => originOf(address) === originOf(source.address);
  const server = isThere(parts.env.VAULT_ADDR) ? undefined : servers.find(({ address }) => isThere(address));
  return server === undefined ? parts : vaultServerParts(parts, server);
}

function addressesOf(organisation: Organisation | undefined) {
  return organisation?.sources?.vault?.addresses ?? [];
}

/** Returns whether VAULT_ADDR is one of the organisation's addresses, but not at the origin of the first. */
function isLater({ VAULT_ADDR = '' }: Environment, organisation: Organisation | undefined): boolean {
  const origins = addressesOf(organisation).map(({ address }) => originOf(address));
  return VAULT_ADDR !== '' && origins.indexOf(originOf(VAULT_ADDR)) > 0;
}

function originOf(address = ''): string | undefined {
  return URL.parse(address)?.origin;
}
