import { partitionOf } from '../../../model/aws-partitions.ts';

/**
 * Returns the regions to read in an account: those of the setting, else those of its partition and those that any
 * profile names; never one of another partition, where the account is unknown. `home` is the region of the profile that
 * reaches the account.
 */
export function regionsFor(options: {
  readonly setting: readonly string[] | undefined;
  readonly home: string | undefined;
  readonly named: readonly (string | undefined)[];
}): readonly string[] {
  const { setting = [], home, named } = options;
  const partition = partitionOf(home || (setting[0] ?? ''));
  const own = (regions: readonly (string | undefined)[]) => [
    ...new Set(
      regions.filter((region) => region !== undefined && region !== '' && partitionOf(region) === partition),
    ),
  ];
  return own(setting.length > 0 ? setting : [...partition.regions, ...named]) as readonly string[];
}
