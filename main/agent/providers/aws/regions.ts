import { partitionOf } from '../../../model/aws-partitions.ts';

interface Partition {
  readonly dnsSuffix: string;
  /** Those that are on in every new account. Only the commercial partition has opt-in regions too. */
  readonly regions: readonly string[];
}

/** Data of the AWS SDK, which does not export its regions; a test compares both. */
const partitions: Readonly<Record<string, Partition>> = {
  aws: {
    dnsSuffix: 'amazonaws.com',
    regions: [
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
    ],
  },
  'aws-cn': { dnsSuffix: 'amazonaws.com.cn', regions: ['cn-north-1', 'cn-northwest-1'] },
  'aws-eusc': { dnsSuffix: 'amazonaws.eu', regions: ['eusc-de-east-1'] },
  'aws-iso': { dnsSuffix: 'c2s.ic.gov', regions: ['us-iso-east-1', 'us-iso-west-1'] },
  'aws-iso-b': { dnsSuffix: 'sc2s.sgov.gov', regions: ['us-isob-east-1', 'us-isob-west-1'] },
  'aws-iso-e': { dnsSuffix: 'cloud.adc-e.uk', regions: ['eu-isoe-west-1'] },
  'aws-iso-f': { dnsSuffix: 'csp.hci.ic.gov', regions: ['us-isof-south-1', 'us-isof-east-1'] },
  'aws-us-gov': { dnsSuffix: 'amazonaws.com', regions: ['us-gov-west-1', 'us-gov-east-1'] },
};

export const awsPartitions = Object.entries(partitions).map(([id, partition]) => ({ id, ...partition }));

/** Returns the end of the hostnames in a region. */
export function dnsSuffixOf(region: string): string {
  return partitions[partitionOf(region)]?.dnsSuffix ?? 'amazonaws.com';
}

/** Returns the regions of a partition, the main one first. */
export function regionsIn(partition: string): readonly string[] {
  return partitions[partition]?.regions ?? [];
}

/** Returns the partition of an ARN; undefined if it names none. */
export function partitionOfArn(arn: string): string | undefined {
  const [prefix, id = ''] = arn.split(':');
  return prefix === 'arn' && id in partitions ? id : undefined;
}

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
  const wanted = setting.length > 0 ? setting : [...regionsIn(partition), ...named];
  return [
    ...new Set(
      wanted.filter(
        (region) => region !== undefined && region !== '' && partitionOf(region) === partition,
      ) as readonly string[],
    ),
  ];
}
