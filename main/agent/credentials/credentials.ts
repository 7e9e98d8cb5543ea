import { AppError } from '../app-error.ts';
import type { Cluster, ClusterId, CredentialSource } from '../catalog/cluster.ts';
import { awsError } from '../discovery/aws-errors.ts';
import { awsCredentials, awsProfiles } from '../discovery/aws-profiles.ts';
import { readVaultCredential } from '../discovery/vault-credential.ts';
import type { Network } from '../network/network.ts';
import type { Clock, Environment } from '../parts.ts';
import { createEksToken } from './eks-token.ts';

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
   * request. Rejects with an `aws-…`, `vault-…` or network code, or `credential-failed` when none is known.
   */
  get(cluster: Cluster): Promise<Credential>;
}

export function createCredentials(options: {
  readonly clock: Clock;
  readonly network: Network;
  readonly env: Environment;
  readonly home: string;
}): Credentials {
  const { clock } = options;
  const cached = new Map<ClusterId, { readonly work: Promise<Credential>; expiresAt: number }>();

  const make = (_cluster: Cluster, source: CredentialSource): Promise<Credential> => {
    switch (source.kind) {
      case 'eks':
        return eksCredential(options, source);
      case 'vault':
        return vaultCredential(options, source);
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
  };
}

type Places = {
  readonly clock: Clock;
  readonly network: Network;
  readonly env: Environment;
  readonly home: string;
};

/** The first profile that can log in. What the last one met is told when none can. */
async function eksCredential(
  places: Places,
  source: Extract<CredentialSource, { kind: 'eks' }>,
): Promise<Credential> {
  const profiles = await awsProfiles(places);
  let failure: unknown;
  for (const name of source.profiles) {
    const profile = profiles.find((one) => one.name === name);
    if (profile === undefined) continue;
    try {
      const identity = await awsCredentials({ ...places, profile: name });
      const now = places.clock.now();
      const { token, expiresAt } = await createEksToken({
        cluster: source.cluster,
        region: source.region,
        identity,
        now,
      });
      // A token signed with a session that ends earlier ends with it.
      return {
        kind: 'token',
        token,
        expiresAt: Math.min(expiresAt, identity.expiration?.getTime() ?? expiresAt),
      };
    } catch (error) {
      failure = await awsError({ error, profile, action: 'sts:GetCallerIdentity', region: source.region });
    }
  }
  throw (
    failure ??
    new AppError(
      'aws-no-profile',
      `None of the AWS profiles that reached ${source.cluster} exists any more.`,
      {
        hint: 'Run `k8s-tunnels discover` to find the profiles that reach it now.',
      },
    )
  );
}

async function vaultCredential(
  places: Places,
  source: Extract<CredentialSource, { kind: 'vault' }>,
): Promise<Credential> {
  const found = await readVaultCredential({ ...places, source });
  return { ...found, expiresAt: undefined };
}
