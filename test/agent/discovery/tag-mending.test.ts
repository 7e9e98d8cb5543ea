import { execa, execaSync } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lintTags } from '../../../main/agent/catalog/lint-tags.ts';
import { type Clouds, discoverOnce, startClouds } from './clouds.ts';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

const installed = execaSync('aws', ['--version'], { reject: false }).exitCode === 0;
if (!installed) console.warn('The test that pastes the commands is skipped: there is no aws on the PATH.');

/** What is wrong with the clusters that a profile reaches; a role of Identity Center has none to name. */
async function findings() {
  const { clusters } = await discoverOnce(clouds.eks(['eu-central-1', 'us-east-1']));
  return lintTags(clusters).filter(({ cluster }) =>
    ['warehouse', 'batch', 'lake-prod'].includes(cluster.name),
  );
}

test.skipIf(!installed)(
  'what is found is mended by the commands that are printed, pasted into a shell',
  async () => {
    const before = await findings();
    expect(before.map(({ cluster, kind }) => `${cluster.name} ${kind}`).sort()).toEqual([
      'batch hostname-missing',
      'lake-prod owner-missing',
      'warehouse tag-problem',
    ]);
    const values = { '<HOSTNAME>': 'batch.k8s.acme.example', '<OWNER>': 'Grace\'s team, "lake"' };
    for (const command of before.flatMap(({ commands }) => commands)) {
      const filled = command
        .replace('<HOSTNAME>', values['<HOSTNAME>'])
        .replace('k8s-tunnels-owner=<OWNER>', String.raw`{"k8s-tunnels-owner":"Grace'\''s team, \"lake\""}`);
      await execa('/bin/sh', ['-c', filled], {
        env: { ...clouds.env, PATH: process.env.PATH },
        extendEnv: false,
      });
    }
    expect(await findings()).toEqual([]);
    const { clusters } = await discoverOnce(clouds.eks(['eu-central-1', 'us-east-1']));
    expect(clusters.find(({ name }) => name === 'lake-prod')?.owner).toBe(values['<OWNER>']);
    expect(clusters.find(({ name }) => name === 'batch')?.reach).toMatchObject({
      hostname: values['<HOSTNAME>'],
    });
    expect(clusters.find(({ name }) => name === 'warehouse')?.reach).toMatchObject({ origin: 'socks' });
  },
  120_000,
);
