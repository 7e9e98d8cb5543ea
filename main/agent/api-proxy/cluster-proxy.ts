import type { Cluster } from '../../model/cluster.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Clock, Logger } from '../parts.ts';
import { createPortListener, type PortListener } from '../tunnels/port-listener.ts';
import type { Ports } from '../tunnels/ports.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import { type ClusterApi, createClusterApi } from './cluster-api.ts';
import { type LocalPort, openLocalPort } from './local-port.ts';
import { createSessionWatch } from './session-watch.ts';

/** The local TLS proxy of one cluster. */
export interface ClusterProxy {
  readonly listener: PortListener;
  readonly api: ClusterApi;
  /** Closes the connections that have shown a secret for whose digest `isEnding` returns true. */
  end(isEnding: (digest: string) => boolean): void;
  /** Closes the connections to the API server. The next request opens new ones. */
  cut(): void;
}

type PortOptions = Parameters<typeof openLocalPort>[0];

export function createClusterProxy(
  options: Pick<PortOptions, 'peers' | 'unproven' | 'check' | 'onEnded'> & {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly ports: Ports;
    readonly credentials: Pick<Credentials, 'get' | 'drop' | 'ownerOf'>;
    /** The name under which the port is stored. */
    readonly portId: Cluster['id'];
    /** Read for each request: discovery may find another address. */
    readonly cluster: () => Cluster;
    /** Returns its tunnel. Throws as `Tunnels.tunnel` does. */
    readonly tunnel: () => Pick<Tunnel, 'dial' | 'server'>;
    readonly authority: () => Promise<PortOptions['authority']>;
    readonly serve: (api: ClusterApi, admitted: Parameters<PortOptions['serve']>[0]) => Promise<void>;
    readonly onRefused: (port: number, refusal: Parameters<PortOptions['onRefused']>[0]) => Promise<void>;
    readonly onMoved: (ports: { readonly from: number; readonly to: number }) => void;
    /** The user's session was found to be over. */
    readonly onSessionOver: () => void;
  },
): ClusterProxy {
  const { clock, credentials, cluster, tunnel, authority, serve, onRefused } = options;
  const known = createClusterApi({ clock, credentials, cluster, tunnel });
  let local: LocalPort | undefined;
  const listener = createPortListener({
    id: options.portId,
    logger: options.logger,
    ports: options.ports,
    onMoved: options.onMoved,
    async open(port) {
      local = await openLocalPort({
        ...options,
        port,
        authority: await authority(),
        serve: (admitted) => serve(api, admitted),
        onRefused: (refusal) => onRefused(port, refusal),
      });
      return local;
    },
  });
  const session = createSessionWatch({
    clock,
    isUsed: () => (listener.traffic()?.connections ?? 0) > 0,
    credential: () => known.credential(),
    onOver: options.onSessionOver,
  });
  const api: ClusterApi = {
    ...known,
    async credential(refused) {
      const credential = await known.credential(refused);
      session.follow(credential);
      return credential;
    },
  };
  return {
    listener,
    api,
    end: (isEnding) => local?.end(isEnding),
    cut() {
      session.close();
      known.cut();
    },
  };
}
