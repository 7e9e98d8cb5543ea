import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { usualTagPrefix } from '../../model/tag-prefix.ts';
import type { Access } from '../access/access.ts';
import type { Network } from '../network/network.ts';
import type { ApiServer } from './api-connection.ts';
import { createAutoConnector } from './auto-connector.ts';
import { createBuiltinConnector } from './builtin-connector.ts';
import { type CloudflaredParts, createCloudflaredConnector } from './cloudflared/connector.ts';
import { findProgram } from './cloudflared/program.ts';
import type { Connector } from './connector.ts';
import { type ConnectorRules, chooseConnector } from './connector-choice.ts';
import { createDirectConnector } from './direct-connector.ts';
import type { Way } from './way.ts';

/**
 * Chooses how to reach each cluster's API, by its tags and the organisation's rules. The function throws `no-tunnel` if
 * the cluster's tags name no connection to it, `connector-refused` if the organisation does not allow its connector.
 */
export function createWays(options: {
  readonly network: Network;
  readonly access: Access;
  readonly parts: CloudflaredParts;
  readonly rules: () => ConnectorRules | undefined;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
}): (cluster: Cluster) => Way {
  const { network, access, parts, rules, notice } = options;
  /** Clusters that `auto` has switched to cloudflared, to report each once. */
  const turned = new Set<ClusterId>();
  /** The hostnames that have opened a tunnel. */
  const opened = new Set<string>();

  const connectorTo = (cluster: Cluster, server: ApiServer): Connector => {
    const { reach, id, title } = cluster;
    const { kind, mayTurn } = chooseConnector(cluster, rules());
    if (kind === 'direct' && cluster.server !== '') return createDirectConnector(server.target);
    if (reach.kind !== 'tunnel') {
      const reason = reach.kind === 'none' ? reach.reason : 'Its source gives no address.';
      throw new AppError('no-tunnel', `${title} cannot be reached: ${reason}`, {
        hint: "Ask the cluster's owner to set its k8s-tunnels tags.",
      });
    }
    const { hostname, destination } = reach;
    const builtin = createBuiltinConnector({ network, access, hostname, destination, opened });
    if (kind === 'builtin' && !mayTurn) return builtin;
    const asks =
      cluster.connector === undefined
        ? `${rules()?.name ?? 'your organisation'} asks for`
        : `the tag ${cluster.tagPrefix ?? usualTagPrefix}connector of ${title} asks for`;
    const cloudflared = createCloudflaredConnector({ parts, access, builtin, hostname, destination, asks });
    if (kind === 'cloudflared') return cloudflared;
    return createAutoConnector({
      builtin,
      cloudflared,
      mayTurn: () =>
        findProgram(parts).then(
          (program) => program !== undefined,
          () => false,
        ),
      onTurn() {
        if (turned.has(id)) return;
        turned.add(id);
        notice(
          'info',
          `${title} switched to the connector cloudflared: Cloudflare's edge gave an answer that k8s-tunnels does not know.`,
        );
      },
    });
  };

  return (cluster) => {
    const { reach } = cluster;
    const server = apiServerOf(cluster);
    const connector = connectorTo(cluster, server);
    const isSocks = connector.kind() !== 'direct' && reach.kind === 'tunnel' && reach.origin === 'socks';
    return { connector, origin: isSocks ? 'socks' : 'tcp', server };
  };
}

function apiServerOf(cluster: Cluster): ApiServer {
  const url = URL.parse(cluster.server);
  const data = cluster.certificateAuthorityData;
  const { hostname = '', port = '' } = url ?? {};
  return {
    target: { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) },
    authority: data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8'),
    otherHost: cluster.otherHost,
    serverName: cluster.serverName,
  };
}
