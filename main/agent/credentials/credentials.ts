import { AppError } from '../app-error.ts';
import type { Cluster, ClusterId, CredentialSource } from '../catalog/cluster.ts';
import type { Aws } from '../discovery/aws.ts';
import { createAzureSessions } from '../discovery/azure-clients.ts';
import { createGcpLogin } from '../discovery/gcp-login.ts';
import { type VaultServer, vaultServerEnvironment } from '../discovery/vault.ts';
import { readVaultCredential } from '../discovery/vault-credential.ts';
import type { OidcTokens } from '../logins/oidc-tokens.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment } from '../parts.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';
import { aksCredential } from './aks-credential.ts';
import { eksCredential } from './eks-credential.ts';
import { fileCredential } from './file-credential.ts';
import { gkeCredential } from './gke-credential.ts';
import { oidcCredential } from './oidc-credential.ts';

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
   * The credential for a cluster's API, cached until shortly before its end; callers at the same time share one
   * request. Rejects with an `aws-…`, `azure-…`, `gcp-…`, `vault-…` or network code, or `credential-failed` when none
   * is known.
   */
  get(cluster: Cluster): Promise<Credential>;
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
  /** The Vault servers that count at the moment: that of `env`, and more; those of `options.env` where undefined. */
  readonly vault?: (() => VaultServers) | undefined;
}): Credentials {
  const { clock, vault = () => ({ env: options.env, servers: [] }) } = options;
  const azure = createAzureSessions({ ...options, ownFile: options.azureFile });
  const google = createGcpLogin({ ...options, ownFile: options.googleFile });
  const cached = new Map<ClusterId, { readonly work: Promise<Credential>; expiresAt: number }>();

  const make = (_cluster: Cluster, source: CredentialSource): Promise<Credential> => {
    switch (source.kind) {
      case 'eks':
        return eksCredential(options.aws, source);
      case 'aks':
        return aksCredential(azure, source);
      case 'gke':
        return gkeCredential(google);
      case 'vault':
        return vaultCredential(options, vault(), source);
      case 'oidc':
        return oidcCredential(options.oidc, source);
      case 'file':
        return fileCredential(options, source);
    }
  };

  return {
    get(cluster) {
      const known = cached.get(cluster.id);
      if (known !== undefined && known.expiresAt - marginMs > clock.now()) return known.work;
      const source = cluster.credential;
      if (source === undefined) {
        return Promise.reject(
          new AppError('credential-failed', `${cluster.title} gives no way to log in to its API.`, {
            hint: `Store a token or a client certificate for it where it was found (${cluster.source}).`,
          }),
        );
      }
      const entry = { work: make(cluster, source), expiresAt: Number.POSITIVE_INFINITY };
      cached.set(cluster.id, entry);
      entry.work.then(
        (credential) => {
          entry.expiresAt = credential.expiresAt ?? clock.now() + vaultLifeMs;
        },
        () => {
          if (cached.get(cluster.id) === entry) cached.delete(cluster.id);
        },
      );
      return entry.work;
    },
    forgetAll: () => cached.clear(),
  };
}

type Places = {
  readonly clock: Clock;
  readonly network: Network;
  readonly env: Environment;
  readonly home: string;
};

interface VaultServers {
  readonly env: Environment;
  readonly servers: readonly VaultServer[];
}

async function vaultCredential(
  places: Places,
  { env, servers }: VaultServers,
  source: Extract<CredentialSource, { kind: 'vault' }>,
): Promise<Credential> {
  const isThere = (address = '') => URL.parse(address)?.origin === URL.parse(source.address)?.origin;
  const server = isThere(env.VAULT_ADDR) ? undefined : servers.find(({ address }) => isThere(address));
  const own = server === undefined ? env : vaultServerEnvironment(env, server);
  const found = await readVaultCredential({ ...places, env: own, source });
  return { ...found, expiresAt: undefined };
}
