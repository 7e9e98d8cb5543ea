import { managedSettings } from '../../agent/organisation/managed-settings.ts';
import { fieldName, type Inspection, type Position } from '../../agent/organisation/parse.ts';
import { closestAwsRegion, knownAwsRegions } from '../../model/aws-regions.ts';
import type { Organisation } from '../../model/organisation.ts';
import { defaultSettings } from '../../model/settings.ts';
import { unreadableFiles } from './named-files.ts';

/** A problem of a configuration that is good enough to be read. */
export interface Finding extends Position {
  readonly field: string;
  readonly message: string;
  readonly fix: string;
}

/** Returns what is probably a mistake, though every installation accepts it. */
export function findingsIn(
  organisation: Organisation,
  { positionOf }: Pick<Inspection, 'positionOf'>,
): readonly Finding[] {
  const at = (path: readonly PropertyKey[], message: string, fix: string): Finding => ({
    ...positionOf(path),
    field: fieldName(path),
    message,
    fix,
  });
  const values = managedSettings(organisation)?.values ?? {};
  const { locked = [] } = organisation;
  return [
    ...locked.flatMap((name, index) =>
      name in values
        ? []
        : [
            at(
              ['locked', index],
              `locks ${name} to its default, because defaults has no value for it (${JSON.stringify(defaultSettings[name])})`,
              `Set defaults.${name}, or remove it from locked.`,
            ),
          ],
    ),
    ...regionsOf(organisation).flatMap(({ path, region }) =>
      knownAwsRegions.includes(region)
        ? []
        : [
            at(
              path,
              'is a region that this version does not know',
              `Did you mean ${closestAwsRegion(region) ?? 'another one'}? If AWS has opened it since, leave it.`,
            ),
          ],
    ),
    ...unreadableFiles(organisation).map(({ path, file }) =>
      at(
        path,
        `names a file outside of the folders for such files, so that no installation reads it: ${file}`,
        'Put it below /etc/k8s-tunnels, on Windows below %ProgramData%\\k8s-tunnels, and name it there.',
      ),
    ),
  ];
}

function regionsOf({ sources, defaults }: Organisation) {
  const { regions = [], identityCenter = [] } = sources?.eks ?? {};
  return [
    ...regions.map((region, index) => ({ path: ['sources', 'eks', 'regions', index], region })),
    ...identityCenter.map(({ region }, index) => ({
      path: ['sources', 'eks', 'identityCenter', index, 'region'],
      region,
    })),
    ...(defaults?.awsRegions ?? []).map((region, index) => ({
      path: ['defaults', 'awsRegions', index],
      region,
    })),
  ];
}
