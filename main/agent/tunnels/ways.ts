import { AppError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { isConnectGateway } from '../../model/connect-gateway.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { isWebApplication } from '../../model/web-application.ts';
import type { Access } from '../access/access.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { ApiServer } from './api-connection.ts';
import { createAutoConnector } from './auto-connector.ts';
import { createBuiltinConnector } from './builtin-connector.ts';
import { type CloudflaredParts, createCloudflaredConnector } from './cloudflared/connector.ts';
import { findProgram } from './cloudflared/program.ts';
import type { Connector } from './connector.ts';
import { type ConnectorRules, chooseConnector } from './connector-choice.ts';
import { createDirectConnector } from './direct-connector.ts';
import { createGatewayFront } from './google-front.ts';
import type { Way } from './way.ts';
import { createAccessFront, createWebConnector } from './web-application.ts';

/**
 * Chooses how to reach each cluster's API, by its tags and the organisation's rules. The function throws `no-tunnel` if
 * the cluster's tags name no connection to it, `connector-refused` if the organisation does not allow its connector.
 */
export function createWays(options: {
  readonly network: Network;
  readonly access: Access;
  readonly clock: Clock;
  /** Resolves with the user's credential for a cluster. */
  readonly credential: (cluster: Cluster) => Promise<Credential>;
  /** The team that the organisation's configuration names. */
  readonly team: () => string | undefined;
  readonly parts: CloudflaredParts;
  readonly rules: () => ConnectorRules | undefined;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
}): (cluster: Cluster) => Way {
  const { network, access, clock, credential, team, parts, rules, notice } = options;
  /** Clusters that `auto` has switched to cloudflared, to report each once. */
  const turned = new Set<ClusterId>();
  /** The hostnames that have opened a tunnel. */
  const opened = new Set<string>();

  const connectorTo = (cluster: Cluster, server: ApiServer): Connector => {
    const { reach, id, title } = cluster;
    const { kind, mayTurn } = chooseConnector(cluster, rules());
    if (kind === 'direct' && cluster.server !== '')
      // kubectl reaches Google's gateway through the user's proxy.
      return createDirectConnector(server.target, isAtGateway(cluster) ? network : undefined);
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
        : `the tag ${cluster.tagPrefix ?? defaultTagPrefix}connector of ${title} asks for`;
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

  const wayToWebApplication = (cluster: Cluster, hostname: string): Way => {
    const { name, allowed } = rules() ?? {};
    if (allowed?.includes('builtin') === false)
      throw new AppError(
        'connector-refused',
        `${name} does not allow builtin, which ${cluster.title} needs: its API is a web application (tag origin).`,
        { hint: `Ask ${name} to list builtin under connectors.` },
      );
    if (holdsCertificate(cluster)) throw needsToken(cluster.title);
    const url = new URL(`https://${hostname}`);
    const target = { host: url.hostname, port: Number(url.port || 443) };
    const front = createAccessFront({ access, clock, hostname });
    const connector = createWebConnector({ network, access, hostname, target, front, team });
    return {
      connector,
      origin: 'https',
      server: { target, authority: undefined, serverName: undefined, front },
    };
  };

  return (cluster) => {
    const { reach } = cluster;
    if (reach.kind === 'tunnel' && isWebApplication(cluster))
      return wayToWebApplication(cluster, reach.hostname);
    const front = isAtGateway(cluster)
      ? createGatewayFront({ title: cluster.title, credential: () => credential(cluster) })
      : undefined;
    const server = { ...apiServerOf(cluster), ...(front === undefined ? {} : { front }) };
    const connector = connectorTo(cluster, server);
    const isSocks = connector.kind() !== 'direct' && reach.kind === 'tunnel' && reach.origin === 'socks';
    return { connector, origin: isSocks ? 'socks' : 'tcp', server };
  };
}

/** Returns true for a cluster at Google's Connect gateway. Only Google's own list names one that gets the user's token. */
function isAtGateway({ source, server }: Cluster): boolean {
  return source === 'gke' && isConnectGateway(server);
}

/** Returns true if users log in to it with client certificates alone. */
function holdsCertificate({ credential }: Cluster): boolean {
  return (
    (credential?.kind === 'aks' && credential.login.kind === 'client-certificate') ||
    (credential?.kind === 'vault' && credential.holds === 'client-certificate')
  );
}

/** Creates the error for a client certificate, which a web application cannot be shown. */
export function needsToken(title: string): AppError {
  return new AppError(
    'no-tunnel',
    `${title} cannot be reached: its users log in with client certificates, which cannot pass Cloudflare's edge.`,
    {
      hint: "Ask the cluster's owner for a login with tokens, or to publish it with the origin tcp or socks.",
    },
  );
}

function apiServerOf(cluster: Cluster): ApiServer {
  const url = URL.parse(cluster.server);
  const data = cluster.certificateAuthorityData;
  const { hostname = '', port = '', pathname = '' } = url ?? {};
  const path = pathname.replace(/\/$/, '');
  return {
    target: { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) },
    authority: data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8'),
    otherHost: cluster.otherHost,
    serverName: cluster.serverName,
    ...(path === '' ? {} : { path }),
  };
}
