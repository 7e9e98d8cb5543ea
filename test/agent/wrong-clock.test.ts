import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../main/agent/parts.ts';
import { startAgent } from '../support/start-agent.ts';
import { createAuthority } from '../world/authority.ts';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';
import { startVault } from '../world/vault/server.ts';
import { credentialsOf } from './credentials/credentials-of.ts';
import { discoverOnce, startClouds } from './discovery/clouds.ts';

const hour = 3_600_000;

/** An agent on a computer whose clock is wrong, with a Vault whose clock is right. */
async function startWrong(aheadMs: number) {
  const home = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-clock-'));
  const authority = await createAuthority('the authority of Vault');
  const vault = await startVault({
    plan: defaultPlan,
    traffic: new Traffic(),
    secretFor: ({ server }) => ({ server, 'certificate-authority-data': '', token: 'x' }),
    secure: await authority.issueServer(['127.0.0.1']),
  });
  await writeFile(path.join(home, 'ca.pem'), authority.certificate);
  const env = {
    HOME: home,
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
    VAULT_ADDR: vault.url,
    VAULT_CACERT: path.join(home, 'ca.pem'),
    VAULT_TOKEN: vault.token,
  };
  const clock = { ...systemClock, now: () => Date.now() + aheadMs };
  const agent = await startAgent({ env, clock });
  onTestFinished(async () => {
    await agent.close();
    await vault.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  return { agent, vault };
}

test.each([
  ['24 hours ahead of', 24 * hour],
  ['20 minutes behind', -hour / 3],
])('a clock that is %s the servers is in one notice, and in the errors of tokens', async (words, aheadMs) => {
  const { agent, vault } = await startWrong(aheadMs);
  await agent.discover();
  await agent.discover();
  const notices = agent.snapshot().notices.filter(({ message }) => message.includes('clock'));
  expect(notices).toMatchObject([
    {
      level: 'warning',
      message: expect.stringMatching(
        new RegExp(`^The clock of this computer is ${words} 127.0.0.1. .*Unauthorized.* Correct it: `),
      ),
    },
  ]);
  vault.revokeToken();
  await expect(agent.credential({ cluster: 'depot-berlin', browser: false })).rejects.toMatchObject({
    code: 'vault-no-token',
    hint: expect.stringMatching(new RegExp(`^The clock of this computer is ${words}`)),
  });
});

test('a clock that is right is in no notice', async () => {
  const { agent } = await startWrong(0);
  await agent.discover();
  expect(agent.snapshot().notices).toEqual([]);
});

describe('a token for EKS', () => {
  test('is signed with the time of the servers, and ends by the time of this computer', async () => {
    const clouds = await startClouds();
    onTestFinished(() => clouds.close());
    const aheadMs = 24 * hour;
    const network = {
      ...clouds.network,
      clockSkew: () => ({ aheadMs, host: 'sts.example' }),
    };
    const { clusters } = await discoverOnce(clouds.eks());
    const cluster = clusters.find(({ source }) => source === 'eks');
    if (cluster === undefined) throw new Error('no cluster');
    const clock = { ...systemClock, now: () => Date.now() + aheadMs };
    const before = Date.now();
    const credential = await credentialsOf({
      clock,
      network,
      env: clouds.env,
      home: clouds.home,
      aws: { ...clouds.ways({ network }), clock },
    }).get(cluster);
    if (credential.kind !== 'token') throw new Error('no token');
    const url = new URL(Buffer.from(credential.token.replace('k8s-aws-v1.', ''), 'base64url').toString());
    const signedAt = url.searchParams.get('X-Amz-Date') ?? '';
    const iso = signedAt.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
    expect(Date.parse(iso)).toBeGreaterThan(before - 2_000);
    expect(Date.parse(iso)).toBeLessThanOrEqual(Date.now());
    expect(credential.expiresAt).toBeGreaterThan(clock.now());
  });
});
