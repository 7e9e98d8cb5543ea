import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import { isConnectGateway } from '../../model/connect-gateway.ts';
import type { ConnectorKind } from '../../model/connector-kind.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';

/** The organisation's rules for connectors. */
export interface ConnectorRules {
  /** The organisation's name. */
  readonly name: string;
  readonly allowed: readonly ConnectorKind[];
  /** The connector for clusters for which neither tags nor a rule name one. */
  readonly default: ConnectorKind | 'auto' | undefined;
}

/**
 * Chooses a cluster's connector: the one in its tag, else that of the organisation's rule for it, else its default, else
 * `auto`. `auto` means
 * `builtin`, or the first allowed connector if `builtin` is not allowed. Without an organisation, all connectors are
 * allowed.
 * Throws `connector-refused` if the organisation does not allow the connector.
 */
export function chooseConnector(
  cluster: Pick<Cluster, 'title' | 'connector' | 'tagPrefix' | 'byOrganisation'> &
    Partial<Pick<Cluster, 'server'>>,
  rules: ConnectorRules | undefined,
): { readonly kind: ConnectorKind; readonly mayTurn: boolean } {
  const wanted = cluster.connector ?? cluster.byOrganisation?.connector ?? rules?.default ?? 'auto';
  if (wanted === 'auto') {
    const [first = 'builtin'] = rules?.allowed ?? [];
    const kind = rules === undefined || rules.allowed.includes('builtin') ? 'builtin' : first;
    return { kind, mayTurn: kind === 'builtin' && rules?.allowed.includes('cloudflared') !== false };
  }
  if (rules?.allowed.includes(wanted) === false) {
    const { tagPrefix = defaultTagPrefix, title, connector, byOrganisation, server = '' } = cluster;
    if (isConnectGateway(server))
      throw new AppError(
        'connector-refused',
        `${rules.name} does not allow direct, by which Google's Connect gateway reaches ${title}.`,
        {
          hint: `Ask ${rules.name} to list direct under connectors, or the cluster's owner for a tag ${tagPrefix}hostname.`,
        },
      );
    const who =
      connector === undefined
        ? byOrganisation?.connector === undefined
          ? 'its defaults'
          : `rule ${byOrganisation.rule}`
        : `the tag ${tagPrefix}connector of ${title}`;
    throw new AppError(
      'connector-refused',
      `${rules.name} does not allow ${wanted}, which ${who} asks for.`,
      {
        hint: `Allowed: ${rules.allowed.join(', ')}. ${connector === undefined ? 'Ask the administrator of the configuration.' : `Ask the cluster's owner to change the tag, or ${rules.name} to list ${wanted} under connectors.`}`,
      },
    );
  }
  return { kind: wanted, mayTurn: false };
}
