import { createHash } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import type { Cluster, CredentialSource } from '../../model/cluster.ts';
import type { CredentialIdentity } from '../../model/credential-identity.ts';
import { createExpiring } from '../async/expiring.ts';
import { withClock } from '../network/clock-skew.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import type { ApiServer, Credential, PreparedCredential } from '../providers/credential-provider.ts';
import type { Provider } from '../providers/provider.ts';

/** How often a credential without an expiry is made again, so that a rotated one is found. */
const defaultLifeMs = 5 * 60_000;
/** How long before its expiry a credential is renewed. */
const marginMs = 60_000;

export interface Credentials {
  /**
   * Returns the credential for a cluster's API. It is cached until shortly before it expires, or until another user
   * signs in at its provider or the user signs out. Concurrent callers share one request. Rejects with an `aws-…`,
   * `azure-…`, `gcp-…`, `vault-…` or network code, or with `credential-failed` if the cluster has no credentials
   * configured.
   */
  get(cluster: Cluster, server?: ApiServer): Promise<Credential>;
  /** Drops the cached credential of a cluster: its API server has refused it. */
  drop(cluster: Cluster): void;
  /**
   * Resolves with a value that changes when the credential would be another user's, and reveals nothing about it;
   * undefined if its provider does not name users. Rejects as `get` does if nobody is signed in.
   */
  ownerOf(cluster: Cluster): Promise<string | undefined>;
  /** Returns whose the last credential of a cluster was, if its provider names identities. */
  identityOf(cluster: Cluster['id']): CredentialIdentity | undefined;
  /** Records whose the last credential of a cluster was. */
  identify(cluster: Cluster['id'], identity: CredentialIdentity): void;
  /** Drops all cached credentials: somebody has signed in or out. */
  forgetAll(): void;
}

export function createCredentials(options: {
  readonly clock: Clock;
  readonly providers: readonly Pick<Provider, 'credential'>[];
  /** Named in errors: a wrong clock explains most refusals. */
  readonly clockSkew?: Network['clockSkew'];
  /** Where identities are recorded, if not here. */
  readonly identities?: Pick<Credentials, 'identityOf' | 'identify'> | undefined;
}): Credentials {
  const { clock } = options;
  const providers = new Map(
    options.providers.flatMap(({ credential }) =>
      credential === undefined ? [] : [[credential.kind, credential] as const],
    ),
  );
  const held = createExpiring<string, Credential>(clock);
  const identities = new Map<Cluster['id'], CredentialIdentity>();
  const {
    identityOf = (id: Cluster['id']) => identities.get(id),
    identify = (id: Cluster['id'], identity: CredentialIdentity) => void identities.set(id, identity),
  } = options.identities ?? {};

  const keyOf = ({ id, credential }: Cluster) => `${id} ${JSON.stringify(credential)}`;
  const prepare = async (
    source: CredentialSource,
    cluster: Cluster,
    server: ApiServer | undefined,
  ): Promise<PreparedCredential> => {
    const provider = providers.get(source.kind);
    if (provider === undefined)
      throw new AppError('internal', `No provider makes ${source.kind} credentials.`);
    return provider.prepare({ source, cluster, server });
  };

  const get: Credentials['get'] = async (cluster, server) => {
    const source = cluster.credential;
    if (source === undefined) {
      throw new AppError('credential-failed', `${cluster.title} has no credentials configured.`, {
        hint: `Store a token or a client certificate for it where it was found (${cluster.source}).`,
      });
    }
    const { identity, make } = await prepare(source, cluster, server);
    const credential = await held.get(keyOf(cluster), {
      from: identity,
      make,
      async lifeMs({ expiresAt = clock.now() + defaultLifeMs }) {
        if (identity === undefined) return 0;
        // Another user may have signed in meanwhile: then do not cache.
        const after = await prepare(source, cluster, server).catch(() => undefined);
        return after?.identity === identity ? expiresAt - marginMs - clock.now() : 0;
      },
    });
    if ('identity' in credential && credential.identity !== undefined)
      identify(cluster.id, credential.identity);
    return credential;
  };

  return {
    get: (cluster, server) =>
      get(cluster, server).catch((error: unknown) => {
        throw withClock(error, options.clockSkew?.());
      }),
    drop: (cluster) => held.delete(keyOf(cluster)),
    async ownerOf(cluster) {
      if (cluster.credential === undefined) return undefined;
      const { identity } = await prepare(cluster.credential, cluster, undefined);
      return typeof identity === 'string' ? createHash('sha256').update(identity).digest('hex') : undefined;
    },
    identityOf,
    identify,
    forgetAll() {
      held.clear();
      identities.clear();
    },
  };
}
