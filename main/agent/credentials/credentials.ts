import { createHash } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId, CredentialSource } from '../../model/cluster.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment } from '../parts.ts';
import type { Aws } from '../providers/aws/aws.ts';
import { eksCredential, eksWays } from '../providers/aws/credential.ts';
import { createAzureSessions } from '../providers/azure/clients.ts';
import { aksCredential } from '../providers/azure/credential.ts';
import { notSignedIn } from '../providers/azure/errors.ts';
import { fileCredential } from '../providers/file/credential.ts';
import { createGcpLogin } from '../providers/gcp/adc.ts';
import { gkeCredential } from '../providers/gcp/credential.ts';
import type { ApiServer, OidcConsents } from '../providers/oidc/consents.ts';
import { oidcCredential } from '../providers/oidc/credential.ts';
import type { OidcTokens } from '../providers/oidc/tokens.ts';
import { type VaultPlaces, vaultToken } from '../providers/vault/client.ts';
import { readVaultCredential } from '../providers/vault/credential.ts';
import { type VaultServer, vaultServerEnvironment } from '../providers/vault/vault.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';

/** What kubectl is given, apart from its envelope. `expiresAt` is ms since the epoch. */
export type Credential =
  | { readonly kind: 'token'; readonly token: string; readonly expiresAt: number | undefined }
  | {
      readonly kind: 'client-certificate';
      readonly certificate: string;
      readonly key: string;
      readonly expiresAt: number | undefined;
    };

/** Vault's secrets carry no expiry; they are read again this often, so that a rotated one is found. */
const vaultLifeMs = 5 * 60_000;
/** A credential is renewed this long before its end. */
const marginMs = 60_000;

export interface Credentials {
  /**
   * The credential for a cluster's API, cached until shortly before its end or until another user has signed in where it
   * comes from, or nobody is; callers at the same time share one request. Rejects with an `aws-…`, `azure-…`, `gcp-…`, `vault-…` or network code, or `credential-failed` when none
   * is known.
   */
  get(cluster: Cluster, server?: ApiServer): Promise<Credential>;
  /** Somebody has signed in or out: nothing that was given counts any more. */
  forgetAll(): void;
}

export function createCredentials(options: {
  readonly clock: Clock;
  readonly network: Network;
  readonly env: Environment;
  readonly home: string;
  /** Where our own sign-ins to Google and to Azure are kept. */
  readonly googleFile?: SignInFile | undefined;
  readonly azureFile?: SignInFile | undefined;
  readonly aws: Aws;
  readonly oidc: OidcTokens;
  /** Which API servers may receive an id token. */
  readonly consents: Pick<OidcConsents, 'check'>;
  /** The Vault servers that count at the moment: that of `env`, and more; those of `options.env` where undefined. */
  readonly vault?: (() => VaultServers) | undefined;
}): Credentials {
  const { clock, vault = () => ({ env: options.env, servers: [] }) } = options;
  const azure = createAzureSessions({ ...options, ownFile: options.azureFile });
  const google = createGcpLogin({ ...options, ownFile: options.googleFile });
  const cached = new Map<ClusterId, Entry>();

  const prepare = async (source: CredentialSource): Promise<Prepared> => {
    switch (source.kind) {
      case 'eks': {
        const { places, identity } = await eksWays(options.aws, source);
        return { identity, make: () => eksCredential(options.aws, source, places) };
      }
      case 'aks': {
        const session = await azure();
        if (session === undefined) throw notSignedIn();
        return { identity: session, make: () => aksCredential(session, source) };
      }
      case 'vault': {
        const places = { ...options, env: environmentFor(source, vault()) };
        const { identity, token } = await vaultIdentity(places, source);
        return { identity, make: () => vaultCredential(places, source, token) };
      }
      // These keep what they get themselves, by who is signed in.
      case 'gke':
        return { identity: undefined, make: () => gkeCredential(google) };
      case 'oidc':
        return { identity: undefined, make: () => oidcCredential(options.oidc, source) };
      // Nobody can say whose credential a file or a plugin of the user's gives, so it is read again each time.
      case 'file':
        return { identity: undefined, make: () => fileCredential(options, source) };
    }
  };

  const current = async (id: ClusterId, source: CredentialSource): Promise<Credential> => {
    const from = JSON.stringify(source);
    const { identity, make } = await prepare(source);
    const known = cached.get(id);
    if (
      known?.from === from &&
      known.identity === identity &&
      (known.expiresAt ?? Number.POSITIVE_INFINITY) - marginMs > clock.now()
    )
      return known.work;
    const entry: Entry = { from, identity, work: make(), expiresAt: undefined };
    cached.set(id, entry);
    const drop = () => {
      if (cached.get(id) === entry) cached.delete(id);
    };
    entry.work.then(async ({ expiresAt }) => {
      entry.expiresAt = expiresAt ?? clock.now() + vaultLifeMs;
      if (identity === undefined) return drop();
      // Another user may have signed in while it was made.
      const after = await prepare(source).catch(() => undefined);
      if (after?.identity !== identity) drop();
    }, drop);
    return entry.work;
  };

  return {
    async get(cluster, server) {
      const source = cluster.credential;
      if (source?.kind === 'oidc') await options.consents.check(cluster, server);
      if (source !== undefined) return current(cluster.id, source);
      throw new AppError('credential-failed', `${cluster.title} has no credentials configured.`, {
        hint: `Store a token or a client certificate for it where it was found (${cluster.source}).`,
      });
    },
    forgetAll: () => cached.clear(),
  };
}

/** How a credential is made, and a value that changes as soon as it would be another user's or nobody's. */
interface Prepared {
  /** Undefined where what is made is not kept, but only shared by those who ask at the same time. */
  readonly identity: unknown;
  make(): Promise<Credential>;
}

interface Entry {
  /** The cluster's credential source. */
  readonly from: string;
  readonly identity: unknown;
  readonly work: Promise<Credential>;
  /** Undefined while it is made. */
  expiresAt: number | undefined;
}

interface VaultServers {
  readonly env: Environment;
  readonly servers: readonly VaultServer[];
}

/** The environment in which the server of a cluster's secret is that of `VAULT_ADDR`. */
function environmentFor(source: VaultSource, { env, servers }: VaultServers): Environment {
  const isThere = (address = '') => URL.parse(address)?.origin === URL.parse(source.address)?.origin;
  const server = isThere(env.VAULT_ADDR) ? undefined : servers.find(({ address }) => isThere(address));
  return server === undefined ? env : vaultServerEnvironment(env, server);
}

type VaultSource = Extract<CredentialSource, { kind: 'vault' }>;

/** The token at hand, and a name of whom Vault takes its bearer for. Rejects as `vaultToken`. */
async function vaultIdentity(places: VaultPlaces, { address, namespace }: VaultSource) {
  const token = await vaultToken(places);
  const { VAULT_ADDR = '', VAULT_NAMESPACE = '' } = places.env;
  const digest = createHash('sha256').update(token).digest('hex');
  return { token, identity: JSON.stringify([address, VAULT_ADDR, namespace ?? VAULT_NAMESPACE, digest]) };
}

async function vaultCredential(places: VaultPlaces, source: VaultSource, token: string): Promise<Credential> {
  return { ...(await readVaultCredential({ ...places, source, token })), expiresAt: undefined };
}
