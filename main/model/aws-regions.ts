import { awsRegionPattern } from './aws-portals.ts';
import { closest } from './nearest.ts';

/**
 * The regions of all partitions, to suggest one. Data of the AWS SDK (`@aws-sdk/core`, `partitionsInfo`); a test compares
 * both.
 */
export const knownAwsRegions: readonly string[] = [
  'af-south-1',
  'ap-east-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'eu-central-1',
  'eu-central-2',
  'eu-isoe-west-1',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eusc-de-east-1',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'me-west-1',
  'mx-central-1',
  'sa-east-1',
  'sa-west-1',
  'us-east-1',
  'us-east-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-iso-west-1',
  'us-isob-east-1',
  'us-isob-west-1',
  'us-isof-east-1',
  'us-isof-south-1',
  'us-west-1',
  'us-west-2',
];

/**
 * The areas that the SDK's partitions have, then a direction: so a region that AWS opens in one of them later is accepted,
 * and a typing error in one of the words is not.
 */
const areas =
  /^(?:af|ap|ca|cn|eu|eu-isoe|eusc-[a-z]{2}|il|me|mx|sa|us|us-gov|us-iso|us-isob|us-isof)-(?:central|(?:north|south)(?:east|west)?|east|west)-\d$/;

/** Returns whether a text names a region of AWS, or may do so soon. */
export function looksLikeAwsRegion(text: string): boolean {
  return awsRegionPattern.test(text) && areas.test(text);
}

/** Returns the region that is most like a text; undefined if none is. */
export function closestAwsRegion(text: string): string | undefined {
  return closest(text, knownAwsRegions);
}
