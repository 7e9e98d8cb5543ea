/**
 * The partitions of AWS beside the commercial one (`aws`), by the beginning of their regions' names. Each has its own
 * accounts, hosts and ARNs. Data of the AWS SDK (`@aws-sdk/core`, `partitionsInfo`); a test compares both.
 */
const partitions: Readonly<Record<string, string>> = {
  'cn-': 'aws-cn',
  'eusc-': 'aws-eusc',
  'us-iso-': 'aws-iso',
  'us-isob-': 'aws-iso-b',
  'eu-isoe-': 'aws-iso-e',
  'us-isof-': 'aws-iso-f',
  'us-gov-': 'aws-us-gov',
};

/** Returns the partition of a region, as in an ARN; the commercial one if no other has such a name, as in the SDK. */
export function partitionOf(region: string): string {
  const prefix = Object.keys(partitions).find((one) => region.startsWith(one)) ?? '';
  return partitions[prefix] ?? 'aws';
}
