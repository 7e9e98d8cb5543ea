import type { Source } from '../../model/cluster.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import type { Organisation } from '../../model/organisation.ts';

const kinds = ['eks', 'gke', 'aks', 'vault'] as const satisfies readonly Source[];
const sourceOf = { aws: 'eks', gcp: 'gke', azure: 'aks', vault: 'vault' } as const;

/** Returns the sources that the organisation has switched off. */
export function switchedOff(organisation: Organisation | undefined): (typeof kinds)[number][] {
  return kinds.filter((kind) => organisation?.sources?.[kind]?.enabled === false);
}

/** Returns the organisation's name if it has switched off discovery for this provider. */
export function switchedOffBy(
  kind: LoginProviderKind,
  organisation: Organisation | undefined,
): string | undefined {
  if (kind === 'access' || kind === 'oidc' || organisation === undefined) return undefined;
  return switchedOff(organisation).includes(sourceOf[kind]) ? organisation.name : undefined;
}
