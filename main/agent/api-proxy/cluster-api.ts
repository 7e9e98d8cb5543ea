import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Clock } from '../parts.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { ApiServer } from '../tunnels/api-connection.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import { needsToken } from '../tunnels/ways.ts';
import type { Api } from './serve-request.ts';
import { throughFront } from './through-front.ts';
import { createUpstream, type Upstream } from './upstream.ts';

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
  /** Returns its tunnel. Throws as `Tunnels.tunnel` does. */
  readonly tunnel: () => Pick<Tunnel, 'dial' | 'server'>;
}): ClusterApi {
  const { clock, credentials, cluster, tunnel } = options;
  let upstream: { readonly key: string; readonly connections: Upstream } | undefined;
  let server: { readonly of: Cluster; readonly is: ApiServer } | undefined;
  let known: { readonly since: number; readonly owner: Promise<string | undefined> } | undefined;

  return {
    async credential(isRefused) {
      const now = cluster();
      if (isRefused !== undefined) credentials.drop(now);
      return credentials.get(now);
    },
    upstream(credential: Credential) {
      const now = cluster();
      if (server?.of !== now) server = { of: now, is: tunnel().server() };
      const { path = '', front: any } = server.is;
      const front = any?.isForProbes === false ? any : undefined;
      const authority = front?.authority ?? URL.parse(now.server)?.host;
      if (authority === undefined || authority === '')
        throw new AppError('no-tunnel', `The address of ${now.title} is not known.`, {
          hint: 'Run `k8s-tunnels discover`.',
        });
      const certificate = credential.kind === 'client-certificate' ? credential : undefined;
      if (front !== undefined && certificate !== undefined) throw needsToken(now.title);
      const key = `${authority}${path}\n${certificate?.certificate ?? ''}\n${certificate?.key ?? ''}`;
      if (upstream?.key !== key) {
        // Never a connection that has shown another user's certificate.
        upstream?.connections.close();
        const dial = (signal: AbortSignal) => tunnel().dial(signal);
        const connections = below(path, createUpstream({ dial, clock, authority, certificate }));
        upstream = {
          key,
          connections: front === undefined ? connections : throughFront(connections, { front, dial }),
        };
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

/** Returns the connections for requests to an API that a server serves below `path`. */
function below(path: string, connections: Upstream): Upstream {
  if (path === '') return connections;
  return {
    ...connections,
    request: (request, signal) => connections.request({ ...request, path: `${path}${request.path}` }, signal),
    upgrade: (request, protocol, signal) =>
      connections.upgrade({ ...request, path: `${path}${request.path}` }, protocol, signal),
  };
}
