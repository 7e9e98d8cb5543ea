import { AppError } from '../../model/app-error.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { ConnectorKind } from '../../model/connector-kind.ts';
import { usualTagPrefix } from '../../model/tag-prefix.ts';

/** What an organisation says of connectors. */
export interface ConnectorRules {
  /** Its name. */
  readonly name: string;
  readonly allowed: readonly ConnectorKind[];
  /** For clusters whose tags name none. */
  readonly usual: ConnectorKind | 'auto' | undefined;
}

/**
 * What carries a cluster's connections: as its tag says, else the organisation, else `auto`. `auto` is `builtin`, or the
 * first that is allowed where that is not. Where no organisation is set up, all are allowed.
 * Rejects with `connector-refused` where the organisation does not allow it.
 */
export function chooseConnector(
  cluster: Pick<Cluster, 'title' | 'connector' | 'tagPrefix'>,
  rules: ConnectorRules | undefined,
): { readonly kind: ConnectorKind; readonly mayTurn: boolean } {
  const wanted = cluster.connector ?? rules?.usual ?? 'auto';
  if (wanted === 'auto') {
    const [first = 'builtin'] = rules?.allowed ?? [];
    const kind = rules === undefined || rules.allowed.includes('builtin') ? 'builtin' : first;
    return { kind, mayTurn: kind === 'builtin' && rules?.allowed.includes('cloudflared') !== false };
  }
  if (rules?.allowed.includes(wanted) === false) {
    const { tagPrefix = usualTagPrefix, title, connector } = cluster;
    const who = connector === undefined ? 'its defaults' : `the tag ${tagPrefix}connector of ${title}`;
    throw new AppError(
      'connector-refused',
      `${rules.name} does not allow ${wanted}, which ${who} asks for.`,
      {
        hint: `Allowed: ${rules.allowed.join(', ')}. ${connector === undefined ? 'Ask whoever keeps the configuration.' : `Ask the cluster's owner to change the tag, or ${rules.name} to list ${wanted} under connectors.`}`,
      },
    );
  }
  return { kind: wanted, mayTurn: false };
}
