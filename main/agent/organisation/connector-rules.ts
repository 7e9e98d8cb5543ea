import type { Organisation } from '../../model/organisation.ts';
import type { ConnectorRules } from '../tunnels/connector-choice.ts';

/** Returns an organisation's rules for connectors; undefined if none is set up. */
export function connectorRules(organisation: Organisation | undefined): ConnectorRules | undefined {
  if (organisation === undefined) return undefined;
  const { name, connectors, defaults } = organisation;
  return { name, allowed: connectors, default: defaults?.connector };
}
