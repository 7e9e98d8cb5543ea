/** The regions that are on in every new account of the commercial partition. */
const commercial = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'ap-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
];

/** Partitions whose accounts have only these regions. */
const separate: Readonly<Record<string, readonly string[]>> = {
  'cn-': ['cn-north-1', 'cn-northwest-1'],
  'us-gov-': ['us-gov-west-1', 'us-gov-east-1'],
};

/**
 * Returns the regions to read in an account: those of the setting, else those of its partition and those that any
 * profile names in that partition. `home` is the region of the profile that reaches the account.
 */
export function regionsFor(options: {
  readonly setting: readonly string[] | undefined;
  readonly home: string | undefined;
  readonly named: readonly (string | undefined)[];
}): readonly string[] {
  const { setting, home, named } = options;
  if (setting !== undefined && setting.length > 0) return [...new Set(setting)];
  const prefixes = Object.keys(separate);
  const prefixOf = (region: string | undefined) =>
    prefixes.find((prefix) => region?.startsWith(prefix) === true);
  const partition = prefixOf(home);
  const own = named.filter(
    (region) => region !== undefined && region !== '' && prefixOf(region) === partition,
  );
  const all = [...(separate[partition ?? ''] ?? commercial), ...own];
  return [...new Set(all.filter((region) => region !== undefined))];
}
