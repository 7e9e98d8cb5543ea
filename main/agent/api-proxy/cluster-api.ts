import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Clock } from '../parts.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { Api } from './serve-request.ts';
import { createUpstream, type Upstream } from './upstream.ts';
import type { DialUpstream } from './upstream-connection.ts';

/** How long it is assumed that the same user is signed in. */
const ownerLifeMs = 5_000;

/** The API server of one cluster: its connections and the user's credential for it. */
export interface ClusterApi extends Api {
  /** Resolves with a value that changes when another user signs in; undefined if its provider does not name users. */
  owner(): Promise<string | undefined>;
  /** Somebody has signed in: looks again whose sessions there are. */
  renewOwner(): void;
  /** Closes the connections. The next request opens new ones. */
  cut(): void;
}

export function createClusterApi(options: {
  readonly clock: Clock;
  readonly credentials: Pick<Credentials, 'get' | 'drop' | 'ownerOf'>;
  /** Read for each request: discovery may find another address. */
  readonly cluster: () => Cluster;
  readonly dial: DialUpstream;
}): ClusterApi {
  const { clock, credentials, cluster, dial } = options;
  let upstream: { readonly key: string; readonly connections: Upstream } | undefined;
  let known: { readonly since: number; readonly owner: Promise<string | undefined> } | undefined;

  return {
    async credential(isRefused) {
      const now = cluster();
      if (isRefused !== undefined) credentials.drop(now);
      return credentials.get(now);
    },
    upstream(credential: Credential) {
      const authority = URL.parse(cluster().server)?.host;
      if (authority === undefined || authority === '')
        throw new AppError('no-tunnel', `The address of ${cluster().title} is not known.`, {
          hint: 'Run `k8s-tunnels discover`.',
        });
      const certificate = credential.kind === 'client-certificate' ? credential : undefined;
      const key = `${authority}\n${certificate?.certificate ?? ''}\n${certificate?.key ?? ''}`;
      if (upstream?.key !== key) {
        // Never a connection that has shown another user's certificate.
        upstream?.connections.close();
        upstream = { key, connections: createUpstream({ dial, clock, authority, certificate }) };
      }
      return upstream.connections;
    },
    owner() {
      if (known === undefined || Math.abs(clock.now() - known.since) >= ownerLifeMs)
        known = { since: clock.now(), owner: credentials.ownerOf(cluster()) };
      return known.owner;
    },
    renewOwner() {
      known = undefined;
    },
    cut() {
      upstream?.connections.close();
      upstream = undefined;
      known = undefined;
    },
  };
}
