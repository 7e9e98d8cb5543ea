import type { Organisation } from '../../model/organisation.ts';
import type { ManagedSettings } from '../settings/settings.ts';

/** Returns an organisation's defaults and locks for the user's settings. */
export function managedSettings(organisation: Organisation | undefined): ManagedSettings | undefined {
  if (organisation === undefined) return undefined;
  const { name, sources, defaults, locked = [], production } = organisation;
  const { connector: _connector, namespace: _namespace, ...settings } = defaults ?? {};
  const awsRegions = sources?.eks?.regions;
  const vaultMounts = sources?.vault?.addresses?.[0]?.mounts;
  const clusterFiles = sources?.files;
  return {
    name,
    values: {
      ...(awsRegions === undefined ? {} : { awsRegions }),
      ...(vaultMounts === undefined ? {} : { vaultMounts }),
      ...(clusterFiles === undefined ? {} : { clusterFiles }),
      ...settings,
      // Switched on, nobody loosens it; otherwise a user may still tighten it for themselves.
      ...(production.readOnly === true ? { productionReadOnly: true } : {}),
    },
    locked: production.readOnly === true ? [...locked, 'productionReadOnly'] : locked,
  };
}
