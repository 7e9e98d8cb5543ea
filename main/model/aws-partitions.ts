/** A group of AWS regions with its own accounts, hosts and ARNs. Credentials of one are unknown in the others. */
export interface AwsPartition {
  /** As in an ARN. */
  readonly id: string;
  readonly dnsSuffix: string;
  /** The beginning of its regions' names; the commercial partition has all others. */
  readonly prefix: string;
  readonly regions: readonly string[];
}

/**
 * The regions that are on in every new account of the commercial partition, which has opt-in regions too. In the others
 * every region is on.
 */
const commercial: AwsPartition = {
  id: 'aws',
  dnsSuffix: 'amazonaws.com',
  prefix: '',
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
};

const separate: readonly AwsPartition[] = [
  {
    id: 'aws-cn',
    dnsSuffix: 'amazonaws.com.cn',
    prefix: 'cn-',
    regions: ['cn-north-1', 'cn-northwest-1'],
  },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', prefix: 'eusc-', regions: ['eusc-de-east-1'] },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', prefix: 'us-iso-', regions: ['us-iso-east-1', 'us-iso-west-1'] },
  {
    id: 'aws-iso-b',
    dnsSuffix: 'sc2s.sgov.gov',
    prefix: 'us-isob-',
    regions: ['us-isob-east-1', 'us-isob-west-1'],
  },
  { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk', prefix: 'eu-isoe-', regions: ['eu-isoe-west-1'] },
  {
    id: 'aws-iso-f',
    dnsSuffix: 'csp.hci.ic.gov',
    prefix: 'us-isof-',
    regions: ['us-isof-south-1', 'us-isof-east-1'],
  },
  {
    id: 'aws-us-gov',
    dnsSuffix: 'amazonaws.com',
    prefix: 'us-gov-',
    regions: ['us-gov-west-1', 'us-gov-east-1'],
  },
];

/**
 * All partitions, with the data of the AWS SDK (`@aws-sdk/core`, `partitionsInfo`), which does not export its list of
 * regions. A test compares both.
 */
export const awsPartitions = [commercial, ...separate] as const;

/** Returns the partition of a region; the commercial one if no other has such a name, as in the SDK. */
export function partitionOf(region: string): AwsPartition {
  return separate.find(({ prefix }) => region.startsWith(prefix)) ?? commercial;
}

/** Returns the partition of an ARN; undefined if it names none. */
export function partitionOfArn(arn: string): AwsPartition | undefined {
  const [prefix, id] = arn.split(':');
  return prefix === 'arn' ? awsPartitions.find((partition) => partition.id === id) : undefined;
}
