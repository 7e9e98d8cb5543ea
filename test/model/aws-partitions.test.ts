import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import {
  awsPartitions,
  dnsSuffixOf,
  partitionOfArn,
  regionsIn,
} from '../../main/agent/providers/aws/regions.ts';
import { partitionOf } from '../../main/model/aws-partitions.ts';
import { isAwsRegion } from '../../main/model/aws-portals.ts';
import { closestAwsRegion, knownAwsRegions, looksLikeAwsRegion } from '../../main/model/aws-regions.ts';
import { defaultSettings, settingsSchema } from '../../main/model/settings.ts';

interface SdkPartition {
  readonly id: string;
  readonly outputs: { readonly dnsSuffix: string };
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, unknown>>;
}

/** The SDK's own data: no entry of the package exports it. */
async function sdkPartitions(): Promise<readonly SdkPartition[]> {
  const entry = createRequire(import.meta.url).resolve('@aws-sdk/core');
  const file = path.join(
    path.dirname(path.dirname(entry)),
    'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
  );
  const { partitionsInfo } = await import(pathToFileURL(file).href);
  return partitionsInfo.partitions;
}

test('the partitions are those of the SDK, with their hosts and regions', async () => {
  const sdk = await sdkPartitions();
  expect(new Set(awsPartitions.map(({ id }) => id))).toEqual(new Set(sdk.map(({ id }) => id)));
  for (const { id, outputs, regions } of sdk) {
    const real = Object.keys(regions).filter((region) => !region.endsWith('-global'));
    for (const region of real) {
      expect([partitionOf(region), dnsSuffixOf(region)], region).toEqual([id, outputs.dnsSuffix]);
      expect(isAwsRegion(region), region).toBe(true);
    }
    const ours = regionsIn(id);
    expect(ours.length).toBeGreaterThan(0);
    // The commercial partition has opt-in regions, which the account itself names.
    if (id === 'aws') expect(real).toEqual(expect.arrayContaining([...ours]));
    else expect(new Set(ours)).toEqual(new Set(real));
  }
});

test('a region that no version of the SDK knows yet belongs where the SDK would look for it', async () => {
  const sdk = await sdkPartitions();
  for (const region of ['us-isof-east-2', 'eusc-de-west-9', 'cn-south-1', 'eu-isoe-north-1', 'eu-west-9']) {
    const { id } = sdk.find(({ regionRegex }) => new RegExp(regionRegex).test(region)) ?? { id: 'none' };
    expect(partitionOf(region)).toBe(id);
  }
});

test('an ARN names its partition', () => {
  expect(partitionOfArn('arn:aws-us-gov:iam::111122223333:role/x')).toBe('aws-us-gov');
  expect(partitionOfArn('arn:aws-eusc:iam::111122223333:role/x')).toBe('aws-eusc');
  expect(partitionOfArn('arn:aws-moon:iam::111122223333:role/x')).toBeUndefined();
  expect(partitionOfArn('')).toBeUndefined();
});

test('the setting takes a region of every partition', async () => {
  const awsRegions = (await sdkPartitions()).flatMap(({ regions }) =>
    Object.keys(regions).filter((region) => !region.endsWith('-global')),
  );
  expect(settingsSchema.parse({ ...defaultSettings, awsRegions }).awsRegions).toEqual(awsRegions);
  expect(settingsSchema.safeParse({ ...defaultSettings, awsRegions: ['eu_west_1'] }).success).toBe(false);
});

test('the regions that are suggested are those of the SDK, and each looks like one', async () => {
  const real = (await sdkPartitions()).flatMap(({ regions }) =>
    Object.keys(regions).filter((region) => !region.endsWith('-global')),
  );
  expect([...knownAwsRegions].sort()).toEqual(real.sort());
  expect(real.filter((region) => !looksLikeAwsRegion(region))).toEqual([]);
});

test.each(['eu-west-9', 'us-isof-east-2', 'eusc-de-west-9', 'eusc-fr-north-1', 'ap-northwest-1'])(
  '%s may be opened later',
  (region) => expect(looksLikeAwsRegion(region)).toBe(true),
);

test.each([
  ['eu-wset-1', 'eu-west-1'],
  ['ue-west-1', 'eu-west-1'],
  ['us-est-1', 'us-east-1'],
  ['eu-centrl-1', 'eu-central-1'],
  ['us-goverment-1', undefined],
  ['eu-west-1a', 'eu-west-1'],
  ['eu-west', 'eu-west-1'],
])('%s is a typing error, perhaps for %s', (text, near) => {
  expect(looksLikeAwsRegion(text)).toBe(false);
  expect(closestAwsRegion(text)).toBe(near);
});
