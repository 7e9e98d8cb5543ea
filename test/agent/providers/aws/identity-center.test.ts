import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../../../main/agent/catalog/catalog.ts';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import type { Cell, Cluster } from '../../../../main/model/cluster.ts';
import { writeAwsHome } from '../../../world/aws/home.ts';
import { writeSignIn } from '../../../world/aws/sign-ins.ts';
import { credentialsOf } from '../../credentials/credentials-of.ts';
import { type Clouds, discoverOnce, discoveryInto, resultAt, startClouds } from '../../discovery/clouds.ts';

const sandbox = '222233334444';
const research = '333344445555';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
  clouds.plan.accounts = [];
  // The sign-in alone, no profile.
  await writeAwsHome({
    home: clouds.home,
    plan: clouds.plan,
    url: clouds.aws.url,
    signIn: clouds.aws.signIn(),
  });
});
afterEach(() => clouds.close());

const regions = ['eu-west-1', 'us-west-2'];
const configure = (...lines: readonly string[]) =>
  appendFile(path.join(clouds.home, '.aws', 'config'), `\n${lines.join('\n')}\n`);
const cluster = (clusters: readonly Cluster[], name: string) => clusters.find((one) => one.name === name);
const way = (account: string, role: string) => ({ kind: 'sso', session: 'acme', account, role });
const asked = () => ({
  accounts: clouds.traffic.count('sso', 'ListAccounts'),
  roles: clouds.traffic.count('sso', 'ListAccountRoles'),
  credentials: clouds.traffic.count('sso', 'GetRoleCredentials'),
});
const memory = async () =>
  JSON.parse(await readFile(path.join(clouds.home, 'state', 'aws.json'), 'utf8')).data;

describe('what is granted', () => {
  test('every account is found without a profile, by the role that may', async () => {
    const { clusters, results } = await discoverOnce(clouds.eks());
    expect(clusters.map(({ name }) => name).sort()).toEqual(['notebooks', 'playground']);
    expect(results).toHaveLength(2 * 17);
    expect(cluster(clusters, 'playground')?.credential).toMatchObject({ ways: [way(sandbox, 'Developer')] });
    // The one that sounds best was refused and comes last.
    expect(cluster(clusters, 'notebooks')?.credential).toMatchObject({
      ways: [way(research, 'ClusterReader'), way(research, 'BillingAdmin')],
    });
    expect(asked()).toEqual({ accounts: 1, roles: 2, credentials: 3 });
  });

  test('the next start asks for the credentials that it lacks, of the role that worked', async () => {
    await discoverOnce(clouds.eks(regions));
    clouds.traffic.reset();
    const source = clouds.eks(regions);
    const { clusters } = await discoverOnce(source);
    expect(clusters).toHaveLength(2);
    expect(asked()).toEqual({ accounts: 0, roles: 0, credentials: 2 });
    expect(clouds.traffic.count('eks', 'ListClusters')).toBe(2 * 2);
    clouds.traffic.reset();
    await discoverOnce(source);
    expect(asked()).toEqual({ accounts: 0, roles: 0, credentials: 0 });
  });

  test('what is remembered holds no secret, and is told again when it is a day old', async () => {
    await discoverOnce(clouds.eks(regions));
    const file = path.join(clouds.home, 'state', 'aws.json');
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(text).data.portals['https://acme.awsapps.com/start'].accounts).toEqual([
      { id: sandbox, name: 'sandbox', roles: ['Developer'], works: 'Developer' },
      { id: research, name: 'research', roles: ['BillingAdmin', 'ClusterReader'], works: 'ClusterReader' },
    ]);
    expect(text).not.toMatch(/aoa|aor|ASIA/);
    const old = (await memory()).portals['https://acme.awsapps.com/start'].readAt - 25 * 3_600_000;
    await writeFile(file, text.replace(/"readAt":\d+/, `"readAt":${old}`));
    clouds.plan.identityCenter.accounts.push({
      id: '444455556667',
      name: 'new',
      roles: [{ name: 'Developer', eks: true }],
    });
    clouds.plan.eks.push({ account: '444455556667', region: 'us-west-2', name: 'fresh', tags: {} });
    clouds.traffic.reset();
    const { clusters } = await discoverOnce(clouds.eks(regions));
    expect(clusters.map(({ name }) => name).sort()).toEqual(['fresh', 'notebooks', 'playground']);
    expect(asked()).toMatchObject({ accounts: 1, roles: 3 });
    expect((await memory()).portals['https://acme.awsapps.com/start'].accounts).toHaveLength(3);
  });

  test('a role that is taken away is told, and what is granted is asked anew', async () => {
    const { clusters: known } = await discoverOnce(clouds.eks(regions));
    const [granted] = clouds.plan.identityCenter.accounts;
    if (granted === undefined) throw new Error('no account');
    granted.roles = [{ name: 'Observer', eks: true }];
    const { results } = await discoverOnce(clouds.eks(regions), known);
    expect(resultAt(results, sandbox, 'eu-west-1')).toMatchObject({
      kind: 'failed',
      error: {
        code: 'aws-denied',
        message: expect.stringContaining('role Developer of account 222233334444'),
      },
    });
    const { clusters } = await discoverOnce(clouds.eks(regions));
    expect(cluster(clusters, 'playground')?.credential).toMatchObject({
      ways: [way(sandbox, 'Observer'), way(sandbox, 'Developer')],
    });
    const again = await discoverOnce(clouds.eks(regions));
    expect(cluster(again.clusters, 'playground')?.credential).toMatchObject({
      ways: [way(sandbox, 'Observer')],
    });
  });

  test('an account of more roles than one page, of which the likely ones are tried', async () => {
    const [granted] = clouds.plan.identityCenter.accounts;
    if (granted === undefined) throw new Error('no account');
    granted.roles = [
      ...Array.from({ length: 120 }, (_, index) => ({ name: `Role${index}`, eks: false })),
      { name: 'eks-user', eks: true },
    ];
    const { clusters } = await discoverOnce(clouds.eks(regions));
    expect(cluster(clusters, 'playground')?.credential).toMatchObject({
      ways: [way(sandbox, 'eks-user'), way(sandbox, 'Role0'), way(sandbox, 'Role1')],
    });
    expect(asked()).toMatchObject({ roles: 3, credentials: 3 });
  });

  test('the token of a cluster comes by the role', async () => {
    const aws = clouds.ways();
    const { clusters } = await discoverOnce(createEksSource({ aws, regions }));
    const { env, home, network } = clouds;
    const credentials = credentialsOf({ clock: systemClock, network, env, home, aws });
    const notebooks = cluster(clusters, 'notebooks');
    if (notebooks === undefined) throw new Error('no cluster');
    const credential = await credentials.get(notebooks);
    if (credential.kind !== 'token') throw new Error('no token');
    const url = new URL(Buffer.from(credential.token.replace('k8s-aws-v1.', ''), 'base64url').toString());
    expect(await clouds.aws.verifyPresigned(url, { 'x-k8s-aws-id': 'notebooks' })).toMatchObject({
      status: 'verified',
      account: research,
      arn: expect.stringContaining('ClusterReader'),
    });
    // The credentials at hand were used.
    expect(asked().credentials).toBe(3);
  });
});

test('an account without any rights is one line, and what was known there stays told by its regions', async () => {
  const [granted] = clouds.plan.identityCenter.accounts;
  if (granted === undefined) throw new Error('no account');
  granted.roles = [{ name: 'Billing', eks: false }];
  const { results } = await discoverOnce(clouds.eks());
  expect(results.filter(({ cell }) => cell.account === sandbox).map(({ cell }) => cell.region)).toEqual([
    'ap-northeast-3',
    '*',
  ]);
  expect(resultAt(results, sandbox, '*')).toMatchObject({
    error: {
      code: 'aws-denied',
      message: expect.stringMatching(/222233334444 .* \(Role Billing of account 222233334444/),
    },
  });
  granted.roles = [{ name: 'Developer', eks: true }];
  await rm(path.join(clouds.home, 'state'), { recursive: true });
  const { clusters: known } = await discoverOnce(clouds.eks());
  granted.roles = [{ name: 'Billing', eks: false }];
  await rm(path.join(clouds.home, 'state'), { recursive: true });
  const again = await discoverOnce(clouds.eks(), known);
  expect(resultAt(again.results, sandbox, 'eu-west-1')).toMatchObject({ error: { code: 'aws-denied' } });
  expect(resultAt(again.results, sandbox, '*')).toBeUndefined();
});

describe("an account's name", () => {
  test('is that of Identity Center, on the clusters and the places', async () => {
    const { clusters, results } = await discoverOnce(clouds.eks(regions));
    expect(clusters.map(({ name, accountName }) => [name, accountName]).sort()).toEqual([
      ['notebooks', 'research'],
      ['playground', 'sandbox'],
    ]);
    expect(results.map(({ cell }) => cell.accountName)).toEqual(
      results.map(({ cell }) => (cell.account === sandbox ? 'sandbox' : 'research')),
    );
  });

  test('stays while its sign-in is over, also where a profile reaches the account', async () => {
    const folder = path.join(clouds.home, 'state', 'catalog');
    const names = (catalog: Catalog) => [
      ...new Set(catalog.clusters().map(({ accountName }) => accountName)),
      ...new Set(catalog.cells().map(({ accountName }) => accountName)),
    ];
    const first = await discoveryInto(folder, [clouds.eks(regions)]);
    await first.discovery.run();
    expect(names(first.catalog).sort()).toEqual(['research', 'research', 'sandbox', 'sandbox']);
    await first.catalog.close();
    const over = clouds.aws.signIn(-60);
    clouds.aws.signOut();
    clouds.plan.accounts.push({
      id: sandbox,
      profile: 'sandbox',
      accessKeyId: 'AKIAWORLDSANDBOX0001',
      secretAccessKey: 'sandbox-secret-key-00000000000000000001',
    });
    await writeAwsHome({
      home: clouds.home,
      plan: clouds.plan,
      url: clouds.aws.url,
      signIn: over,
    });
    const second = await discoveryInto(folder, [clouds.eks(regions)]);
    await second.discovery.run();
    expect(second.catalog.find('playground')).toMatchObject({ stale: false, accountName: 'sandbox' });
    // Of the other nothing is known but that its sign-in is over.
    expect(second.catalog.find('notebooks')).toMatchObject({ stale: true, accountName: 'research' });
    expect(names(second.catalog).sort()).toEqual(['research', 'research', 'sandbox', 'sandbox']);
  });
});

describe('an organisation', () => {
  const portal = { startUrl: 'https://acme.awsapps.com/start/', region: 'eu-central-1' };
  const told =
    (roles: readonly string[] = [], portals = [portal]) =>
    () => ({ portals, roles });
  const source = (organisation: ReturnType<typeof told>) =>
    createEksSource({ aws: clouds.ways({ organisation }), regions });

  test('names a portal that no configuration does; who is not signed in is told how', async () => {
    await writeFile(path.join(clouds.home, '.aws', 'config'), '');
    expect((await discoverOnce(source(told([], [])))).results).toEqual([]);
    const plan = {
      ...clouds.plan,
      identityCenter: { ...clouds.plan.identityCenter, session: portal.startUrl },
    };
    const ended = clouds.aws.signIn(-60);
    clouds.aws.signOut();
    await writeSignIn({ home: clouds.home, plan, signIn: ended });
    const { results } = await discoverOnce(source(told()));
    expect(results).toMatchObject([
      {
        cell: { account: `session:${portal.startUrl}` },
        outcome: {
          error: { code: 'aws-session-expired', hint: expect.stringContaining(portal.startUrl) },
        },
      },
    ]);
    await writeSignIn({ home: clouds.home, plan, signIn: clouds.aws.signIn() });
    const { clusters } = await discoverOnce(source(told()));
    expect(clusters.map(({ name }) => name).sort()).toEqual(['notebooks', 'playground']);
    // It gives the credentials of a cluster as well.
    const credentials = credentialsOf({
      clock: systemClock,
      network: clouds.network,
      env: clouds.env,
      home: clouds.home,
      aws: clouds.ways({ organisation: told() }),
    });
    const playground = cluster(clusters, 'playground');
    if (playground === undefined) throw new Error('no playground');
    expect(await credentials.get(playground)).toMatchObject({ kind: 'token' });
  });

  test('whose portal stands in the configuration too is asked once, by its name there', async () => {
    const { clusters } = await discoverOnce(source(told()));
    expect(asked()).toMatchObject({ accounts: 1, roles: 2 });
    expect(cluster(clusters, 'playground')?.credential).toMatchObject({ ways: [way(sandbox, 'Developer')] });
  });

  test('says which roles come first, before the one that worked', async () => {
    const [granted] = clouds.plan.identityCenter.accounts;
    if (granted === undefined) throw new Error('no account');
    granted.roles = ['Admin', 'Kubernetes', 'Viewer', 'Auditor'].map((name) => ({ name, eks: true }));
    const roles = async (...wanted: readonly string[]) => {
      const { clusters } = await discoverOnce(source(told(wanted)));
      const { credential } = cluster(clusters, 'playground') ?? {};
      return credential?.kind === 'eks' ? credential.ways.map((one) => one.kind === 'sso' && one.role) : [];
    };
    expect(await roles()).toEqual(['Kubernetes', 'Admin', 'Viewer']);
    expect(await roles('Auditor', 'Absent', 'Viewer')).toEqual(['Auditor', 'Viewer', 'Kubernetes']);
  });
});

describe('profiles beside it', () => {
  test('an account reached both ways is one, with both', async () => {
    await configure(
      '[profile lab]',
      'sso_session = acme',
      `sso_account_id = ${research}`,
      'sso_role_name = ClusterReader',
      'region = us-west-2',
    );
    const { clusters, results } = await discoverOnce(clouds.eks(regions));
    expect(cluster(clusters, 'notebooks')?.credential).toMatchObject({
      ways: [{ kind: 'profile', name: 'lab' }, way(research, 'ClusterReader'), way(research, 'BillingAdmin')],
    });
    expect(results).toHaveLength(2 * 2);
    // The role that a profile names is asked for once, and no other is tried.
    expect(asked()).toEqual({ accounts: 1, roles: 2, credentials: 2 });
  });

  test('a chain of roles that begins in Identity Center, and one that begins with a key', async () => {
    clouds.plan.accounts.push({
      id: '111122223333',
      profile: 'platform',
      accessKeyId: 'AKIAWORLDPLATFORM001',
      secretAccessKey: 'platform-secret-key-0000000000000000001',
    });
    await writeAwsHome({
      home: clouds.home,
      plan: clouds.plan,
      url: clouds.aws.url,
      signIn: clouds.aws.signIn(),
    });
    await configure(
      '[profile sandbox]',
      'sso_session = acme',
      `sso_account_id = ${sandbox}`,
      'sso_role_name = Developer',
      'region = eu-west-1',
      '[profile payments]',
      'source_profile = sandbox',
      'role_arn = arn:aws:iam::444455556666:role/eks',
      'region = eu-west-1',
      '[profile data]',
      'source_profile = platform',
      'role_arn = arn:aws:iam::777788889999:role/eks',
      'region = eu-west-1',
    );
    const source = clouds.eks(['eu-west-1', 'us-east-1']);
    const { clusters } = await discoverOnce(source);
    expect(cluster(clusters, 'ledger-prod')?.credential).toMatchObject({
      ways: [{ kind: 'profile', name: 'payments' }],
    });
    expect(cluster(clusters, 'batch')?.credential).toMatchObject({
      ways: [{ kind: 'profile', name: 'data' }],
    });
    expect(clouds.traffic.count('sts', 'AssumeRole')).toBe(2);
    // Warm: their credentials are at hand.
    await discoverOnce(source);
    expect(clouds.traffic.count('sts', 'AssumeRole')).toBe(2);
  });

  test('the older form, with a start URL in the profile, leads to all accounts too', async () => {
    const startUrl = 'https://acme.awsapps.com/start';
    const config = [
      '[profile old]',
      `sso_start_url = ${startUrl}`,
      'sso_region = eu-central-1',
      `sso_account_id = ${sandbox}`,
      'sso_role_name = Developer',
    ];
    await writeFile(path.join(clouds.home, '.aws', 'config'), config.join('\n'));
    const { identityCenter } = clouds.plan;
    const plan = { ...clouds.plan, identityCenter: { ...identityCenter, session: startUrl } };
    await writeSignIn({ home: clouds.home, plan, signIn: clouds.aws.signIn() });
    const { clusters } = await discoverOnce(clouds.eks(regions));
    expect(cluster(clusters, 'playground')?.credential).toMatchObject({
      ways: [
        { kind: 'profile', name: 'old' },
        { ...way(sandbox, 'Developer'), session: startUrl },
      ],
    });
    expect(cluster(clusters, 'notebooks')).toBeDefined();
    await writeSignIn({ home: clouds.home, plan, signIn: clouds.aws.signIn(-60) });
    clouds.aws.signOut();
    const { results } = await discoverOnce(clouds.eks(regions));
    expect(
      results.map(({ cell: { account }, outcome }) => [account, 'error' in outcome && outcome.error]),
    ).toEqual([
      [
        'profile:old',
        expect.objectContaining({
          code: 'aws-session-expired',
          hint: `Run \`k8s-tunnels login aws ${startUrl}\`.`,
        }),
      ],
    ]);
  });
});

describe('the sign-in', () => {
  test('a token that has ended is renewed', async () => {
    await writeSignIn({ home: clouds.home, plan: clouds.plan, signIn: clouds.aws.signIn(-60) });
    const { clusters } = await discoverOnce(clouds.eks(regions));
    expect(clusters).toHaveLength(2);
    expect(clouds.traffic.count('sso-oidc', 'CreateToken')).toBe(1);
  });

  test('one that is over is told in one line, with what it was known to reach', async () => {
    const { clusters: known } = await discoverOnce(clouds.eks(regions));
    await rm(path.join(clouds.home, '.aws', 'sso'), { recursive: true });
    clouds.traffic.reset();
    const { results } = await discoverOnce(clouds.eks(regions), known);
    expect(results.map(({ cell: { account, region } }) => `${account}/${region}`).sort()).toEqual([
      `${sandbox}/eu-west-1`,
      `${research}/us-west-2`,
    ]);
    const unknown = await discoverOnce(clouds.eks(regions));
    expect(resultAt(unknown.results, 'session:acme', '*')).toMatchObject({
      error: {
        code: 'aws-session-expired',
        message: 'You are not signed in to AWS (acme).',
        hint: 'Run `k8s-tunnels login aws acme`.',
      },
    });
    expect(clouds.traffic.count()).toBe(0);
  });

  test('one of twenty profiles whose session has ended does not keep the others from being listed', async () => {
    const { accounts } = clouds.plan;
    for (let index = 0; index < 20; index += 1) {
      const id = String(100_000_000_000 + index);
      const accessKeyId = `AKIAWORLDFLEET${String(index).padStart(6, '0')}`;
      accounts.push({ id, profile: `fleet-${index}`, accessKeyId, secretAccessKey: `secret-${index}` });
      clouds.plan.eks.push({ account: id, region: 'eu-west-1', name: `fleet-${index}`, tags: {} });
    }
    const ended = clouds.aws.issueSession('100000000007');
    clouds.aws.expireSession(ended.accessKeyId);
    await writeAwsHome({ home: clouds.home, plan: clouds.plan, url: clouds.aws.url, sessions: [ended] });
    const { clusters, results } = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(clusters).toHaveLength(19);
    expect(results.filter(({ outcome }) => outcome.kind === 'failed')).toEqual([
      expect.objectContaining({ cell: { source: 'eks', account: 'profile:fleet-7', region: '*' } }),
    ]);
  });
});

describe('the limit of the portal', () => {
  const grant = (count: number) => {
    clouds.plan.identityCenter.accounts = Array.from({ length: count }, (_, index) => ({
      id: String(500_000_000_000 + index),
      name: `granted-${index}`,
      roles: [{ name: 'eks', eks: true }],
    }));
  };

  test('is kept to, over more than a page of accounts', async () => {
    grant(101);
    // A busy computer sends together what it has held up. The exact rate is tested without it, in portal-rate.test.ts.
    clouds.plan.identityCenter.requestsPerSecond = 60;
    const { results } = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(results.filter(({ outcome }) => outcome.kind === 'listed')).toHaveLength(101);
    // Nothing was refused, so nothing was asked twice.
    expect(asked()).toEqual({ accounts: 2, roles: 101, credentials: 101 });
  });

  test('where others use it up, the portal is left alone for a while, and then asked again', async () => {
    grant(12);
    clouds.plan.identityCenter.requestsPerSecond = 10;
    const { results } = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(results.filter(({ outcome }) => outcome.kind === 'listed')).toHaveLength(12);
    expect(asked().roles + asked().credentials).toBeGreaterThan(24);
  });

  test('one that throttles on and on fails, and what is remembered is read all the same', {
    timeout: 60_000,
  }, async () => {
    const source = clouds.eks(regions);
    await discoverOnce(source);
    clouds.traffic.inject({ service: 'sso', does: { kind: 'throttle', retryAfterSeconds: 0.01 } });
    expect((await discoverOnce(source)).clusters).toHaveLength(2);
    await rm(path.join(clouds.home, 'state'), { recursive: true });
    const { results } = await discoverOnce(clouds.eks(regions));
    expect(resultAt(results, 'session:acme', '*')).toMatchObject({
      error: { code: 'aws-throttled', retryable: true },
    });
  });
});

describe('regions', () => {
  test('one that the account has enabled is found and remembered; who may not ask sees the default ones', async () => {
    clouds.plan.optInRegions.push('ap-east-1', 'eu-south-2');
    clouds.plan.eks.push({ account: sandbox, region: 'eu-south-2', name: 'madrid', tags: {} });
    clouds.traffic.inject({ service: 'account', scope: research, does: { kind: 'deny' } });
    const { results, clusters, planned } = await discoverOnce(clouds.eks());
    expect(cluster(clusters, 'madrid')).toBeDefined();
    expect(results).toHaveLength(2 * 17 + 2);
    expect(planned).toBe(results.length);
    expect(results.every(({ outcome }) => outcome.kind !== 'failed')).toBe(true);
    const asked = clouds.traffic.count('account');
    const again = await discoverOnce(clouds.eks());
    expect(again.results).toHaveLength(2 * 17 + 2);
    expect(clouds.traffic.count('account')).toBe(asked);
  });

  test('one that is off is left alone for a week, for a day where a person asks', async () => {
    const day = 24 * 3_600_000;
    const off = (account: string, age: number): Cell => ({
      id: `eks/${account}/eu-west-1`,
      source: 'eks',
      account,
      region: 'eu-west-1',
      triedAt: Date.now() - age,
      error: { code: 'aws-region-disabled', message: 'off', retryable: false },
    });
    const run = async (cells: readonly Cell[], byPerson: boolean) => {
      const { results } = await discoverOnce(clouds.eks(['eu-west-1']), [], { cells, asked: byPerson });
      return resultAt(results, sandbox, 'eu-west-1')?.kind;
    };
    expect(await run([off(sandbox, 2 * day)], false)).toBe('skipped');
    expect(await run([off(sandbox, 2 * day)], true)).toBe('listed');
    expect(await run([off(sandbox, day / 2)], true)).toBe('skipped');
    expect(await run([off(sandbox, 8 * day)], false)).toBe('listed');
  });
});
