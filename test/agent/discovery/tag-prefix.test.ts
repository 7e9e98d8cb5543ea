import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../main/agent/parts.ts';
import type { DiscoverySource } from '../../../main/agent/providers/discovery-source.ts';
import { createFileSource } from '../../../main/agent/providers/file/file.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { startAzureCloud } from '../providers/azure/cloud.ts';
import { startGoogle } from '../providers/gcp/google.ts';
import { discoverOnce, startClouds } from './clouds.ts';

const tagPrefix = 'acme-k8s-';

/** What is tagged with the default prefix is not ours any more, and what has the organisation's is. */
async function expectPrefix(source: DiscoverySource, tagged: string, foreign: string): Promise<void> {
  const { clusters } = await discoverOnce(source, [], { tagPrefix });
  const find = (name: string) => clusters.find((cluster) => cluster.name === name) as Cluster;
  expect(find(tagged)).toMatchObject({
    reach: { kind: 'tunnel', hostname: 'ours.k8s.acme.example' },
    tags: { 'acme-k8s-hostname': expect.any(String) },
    tagPrefix,
  });
  expect(find(foreign)).toMatchObject({
    reach: { kind: 'none', reason: expect.stringContaining('It has no tag acme-k8s-hostname.') },
    tagProblems: [],
  });
  expect(find(foreign).tags).toBeUndefined();
}

test("the organisation's prefix counts for EKS and for both versions of Vault's secrets", async () => {
  const clouds = await startClouds();
  try {
    const [first, second] = clouds.plan.eks;
    if (first === undefined || second === undefined) throw new Error('the plan is empty');
    first.tags = { 'acme-k8s-hostname': 'ours.k8s.acme.example' };
    await expectPrefix(clouds.eks(), first.name, second.name);
    const [berlin, lyon] = clouds.plan.vault.secrets;
    if (berlin === undefined || lyon === undefined) throw new Error('the plan is empty');
    berlin.customMetadata = { 'acme-k8s-hostname': 'ours.k8s.acme.example' };
    await expectPrefix(clouds.onPrem(), 'depot-berlin', 'depot-lyon');
  } finally {
    await clouds.close();
  }
});

test('for the labels of GKE', async () => {
  const google = await startGoogle();
  try {
    const [first, second] = google.plan.clusters;
    if (first === undefined || second === undefined) throw new Error('the plan is empty');
    first.labels = { 'acme-k8s-hostname': 'ours_k8s_acme_example' };
    await expectPrefix(google.source(), first.name, second.name);
  } finally {
    await google.close();
  }
});

test('for the tags of AKS', async () => {
  const cloud = await startAzureCloud();
  try {
    const [first, second] = cloud.plan.azure.aks;
    if (first === undefined || second === undefined) throw new Error('the plan is empty');
    first.tags = { 'acme-k8s-hostname': 'ours.k8s.acme.example' };
    await expectPrefix(cloud.aks(), first.name, second.name);
  } finally {
    await cloud.close();
  }
});

test('and in what is said of a file, where tags have none', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'prefix-'));
  try {
    const lines = [
      "- { name: a, server: 'https://a:6443', tags: { hostname: ours.k8s.acme.example } }",
      "- { name: b, server: 'https://b:6443' }",
    ];
    await writeFile(path.join(folder, 'list.yaml'), lines.join('\n'));
    const source = createFileSource({
      files: ['list.yaml'],
      folder,
      home: folder,
      env: {},
      clock: systemClock,
    });
    await expectPrefix(source, 'a', 'b');
  } finally {
    await rm(folder, { recursive: true });
  }
});
