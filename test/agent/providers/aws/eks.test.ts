import { writeFileSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNetwork } from '../../../../main/agent/network/network.ts';
import { timeoutError } from '../../../../main/agent/network/network-error.ts';
import { createEksSource } from '../../../../main/agent/providers/aws/eks.ts';
import type { Cluster } from '../../../../main/model/cluster.ts';
import { writeAwsHome } from '../../../world/aws/home.ts';
import { eksEndpointHost } from '../../../world/plan.ts';
import { type Clouds, discoverOnce, resultAt, startClouds } from '../../discovery/clouds.ts';

const platform = '111122223333';
const payments = '444455556666';
const data = '777788889999';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

const find = (clusters: readonly Cluster[], name: string) => {
  const cluster = clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
};
const profiles = (...names: readonly string[]) => names.map((name) => ({ kind: 'profile', name }));
const outcomes = (results: Awaited<ReturnType<typeof discoverOnce>>['results']) =>
  results.map(({ outcome }) => (outcome.kind === 'failed' ? outcome.error.code : outcome.kind));

/** A `credential_process` for the first account that answers once the file `gate` is there. */
async function writeSlowLogin(): Promise<{ readonly program: string; readonly gate: string }> {
  const [account] = clouds.plan.accounts;
  const gate = path.join(clouds.home, 'gate');
  const program = path.join(clouds.home, 'program');
  const keys = { AccessKeyId: account?.accessKeyId, SecretAccessKey: account?.secretAccessKey };
  const answer = JSON.stringify({ Version: 1, ...keys });
  const lines = ['#!/bin/sh', `while [ ! -e ${gate} ]; do sleep 0.01; done`, `echo '${answer}'`];
  await writeFile(program, lines.join('\n'), { mode: 0o700 });
  return { program, gate };
}

describe('the organisation of the plan', () => {
  test('every cluster of every account and region is found', async () => {
    const { results, planned, clusters } = await discoverOnce(clouds.eks());
    expect(clusters.map(({ id }) => id).sort()).toEqual(
      clouds.plan.eks.map(({ account, region, name }) => `eks/${account}/${region}/${name}`).sort(),
    );
    expect(results).toHaveLength(5 * 17);
    expect(planned).toBe(5 * 17);
    const [first] = clouds.plan.eks;
    if (first === undefined) throw new Error('the plan is empty');
    expect(find(clusters, first.name)).toMatchObject({
      title: 'payments-staging-eu',
      server: `https://${eksEndpointHost(first)}`,
      status: 'ACTIVE',
      version: expect.stringMatching(/^1\.\d+$/),
      environment: 'staging',
      owner: 'team-payments@acme.example',
      reach: { kind: 'tunnel', hostname: 'payments-staging.k8s.acme.example', origin: 'socks' },
      credential: {
        kind: 'eks',
        cluster: 'payments-staging',
        region: 'eu-west-1',
        ways: [{ kind: 'profile', name: 'payments' }],
      },
      tagProblems: [],
      stale: false,
    });
    const authority = find(clusters, first.name).certificateAuthorityData ?? '';
    expect(Buffer.from(authority, 'base64').toString()).toContain('BEGIN CERTIFICATE');
  });

  test('tags: the portable form, a value nobody accepts, none at all', async () => {
    const { clusters } = await discoverOnce(clouds.eks());
    expect(find(clusters, 'search-staging').reach).toMatchObject({
      hostname: 'search-staging.k8s.acme.example',
    });
    expect(find(clusters, 'search-staging').namespace).toBe('search');
    expect(find(clusters, 'warehouse')).toMatchObject({
      reach: { kind: 'none', reason: expect.stringContaining('k8s-tunnels-origin') },
      tagProblems: [{ key: 'k8s-tunnels-origin' }],
    });
    expect(find(clusters, 'batch').reach).toMatchObject({ kind: 'none' });
  });

  test('a region that is off and one that is denied are results of their cells', async () => {
    const { results } = await discoverOnce(clouds.eks());
    for (const account of [platform, payments, data]) {
      expect(resultAt(results, account, 'ap-northeast-3')).toMatchObject({
        kind: 'not-enabled',
        error: { code: 'aws-region-disabled' },
      });
    }
    const denied = resultAt(results, data, 'us-west-1');
    expect(denied).toMatchObject({
      kind: 'failed',
      error: {
        code: 'aws-denied',
        message: 'AWS profile data may not call eks:ListClusters in us-west-1.',
        hint: expect.stringContaining('eks:ListClusters'),
      },
    });
    expect(results.filter(({ outcome }) => outcome.kind === 'listed')).toHaveLength(5 * 17 - 6);
  });

  test('a region that the organisation denies to everybody is off, and one with known clusters is not', async () => {
    const { clusters } = await discoverOnce(clouds.eks());
    const deny = { kind: 'deny', byOrganisation: true } as const;
    for (const region of ['us-west-2', 'eu-west-1'])
      clouds.traffic.inject({ service: 'eks', scope: `${payments}/${region}`, does: deny });
    const known = clusters.filter(({ account }) => account === payments);
    expect(known.map(({ region }) => region)).toContain('eu-west-1');
    expect(known.map(({ region }) => region)).not.toContain('us-west-2');
    const { results } = await discoverOnce(clouds.eks(), known);
    expect(resultAt(results, payments, 'us-west-2')).toMatchObject({
      kind: 'not-enabled',
      error: { code: 'aws-region-disabled', message: expect.stringContaining('service control policy') },
    });
    expect(resultAt(results, payments, 'eu-west-1')).toMatchObject({
      kind: 'failed',
      error: { code: 'aws-denied', hint: expect.stringContaining('A service control policy denies it') },
    });
  });

  test('an account that the organisation denies everything is told', async () => {
    const does = { kind: 'deny', byOrganisation: true } as const;
    clouds.traffic.inject({ service: 'eks', scope: payments, does });
    const { results } = await discoverOnce(clouds.eks());
    expect(resultAt(results, payments, '*')).toMatchObject({
      kind: 'failed',
      error: { code: 'aws-denied', hint: expect.stringContaining('service control policy') },
    });
  });

  test('two profiles of one account are one set of cells, both kept in the order of the configuration', async () => {
    const { clusters } = await discoverOnce(clouds.eks());
    expect(find(clusters, 'tools').credential).toMatchObject({
      ways: profiles('platform', 'platform-again'),
    });
    // The first role of one account is refused in all but the region that is off.
    expect(clouds.traffic.count('eks', 'ListClusters')).toBe(5 * 17 + 16);
    expect(clouds.traffic.count('eks', 'DescribeCluster')).toBe(clouds.plan.eks.length);
    expect(clouds.traffic.count('sts', 'GetCallerIdentity')).toBe(4);
  });

  test('a setting narrows the regions', async () => {
    const { results } = await discoverOnce(clouds.eks(['eu-west-1', 'us-east-1', 'eu-west-1']));
    expect(results).toHaveLength(5 * 2);
  });

  test("a profile's own region is looked at beside the default ones", async () => {
    await appendFile(path.join(clouds.home, '.aws', 'config'), '\n[profile data]\nregion = ap-east-1\n');
    const { results } = await discoverOnce(clouds.eks());
    expect(resultAt(results, data, 'ap-east-1')).toMatchObject({ kind: 'listed' });
  });
});

describe('the requests', () => {
  test('a second run asks STS nothing and describes what it knows without waiting for the lists', async () => {
    const source = clouds.eks();
    const { clusters } = await discoverOnce(source);
    clouds.traffic.reset();
    // The lists never succeed, so whatever was described did not wait for them.
    const lift = clouds.traffic.inject({ service: 'eks', operation: 'ListClusters', does: { kind: 'deny' } });
    const during = await discoverOnce(source, clusters);
    expect(clouds.traffic.count('sts')).toBe(0);
    expect(clouds.traffic.count('eks', 'DescribeCluster')).toBe(clouds.plan.eks.length);
    expect(during.clusters).toHaveLength(clouds.plan.eks.length);
    expect(new Set(outcomes(during.results))).toEqual(new Set(['aws-denied', 'not-enabled']));
    lift();
    clouds.traffic.reset();
    const after = await discoverOnce(source, clusters);
    expect(after.clusters).toHaveLength(clouds.plan.eks.length);
    expect(clouds.traffic.count()).toBe(5 * 17 + clouds.plan.eks.length);
  });

  test('hundreds that a refresh asks for are all on their way before the first is answered', async () => {
    const regions = [
      ...['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1', 'eu-north-1', 'us-east-1', 'us-east-2'],
      ...['us-west-2', 'ca-central-1', 'sa-east-1', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
    ];
    for (let index = 0; index < 450; index += 1) {
      const account = [platform, payments, data][index % 3] ?? '';
      const region = regions[Math.floor(index / 3) % regions.length] ?? '';
      clouds.plan.eks.push({ account, region, name: `fleet-${index}`, tags: {} });
    }
    const source = clouds.eks();
    const { clusters } = await discoverOnce(source);
    expect(clusters).toHaveLength(clouds.plan.eks.length);
    clouds.traffic.reset();
    clouds.traffic.inject({ service: 'eks', does: { kind: 'hold' } });
    const abort = new AbortController();
    const run = source.discover({
      signal: abort.signal,
      known: clusters,
      cells: [],
      asked: false,
      onPlanned: () => {},
      onCell: () => {},
    });
    const all = 5 * 17 + clusters.length;
    await vi.waitFor(() => expect(clouds.traffic.count('eks')).toBe(all));
    abort.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
  });

  test('pages of a hundred are followed', async () => {
    for (let index = 0; index < 205; index += 1) {
      clouds.plan.eks.push({ account: data, region: 'sa-east-1', name: `fleet-${index}`, tags: {} });
    }
    const { clusters } = await discoverOnce(clouds.eks(['sa-east-1']));
    expect(clusters).toHaveLength(205);
    expect(clouds.traffic.served.filter(({ scope }) => scope === `${data}/sa-east-1`)).toHaveLength(3);
  });

  test('a name that needs encoding is described by it', async () => {
    clouds.plan.eks.push({ account: data, region: 'sa-east-1', name: 'odd_Name-1', tags: {} });
    const { clusters } = await discoverOnce(clouds.eks(['sa-east-1']));
    expect(find(clusters, 'odd_Name-1').id).toBe(`eks/${data}/sa-east-1/odd_Name-1`);
  });

  test('throttling for a while is survived', async () => {
    const throttle = { kind: 'throttle', retryAfterSeconds: 0 } as const;
    clouds.traffic.inject({
      service: 'eks',
      operation: 'ListClusters',
      scope: payments,
      times: 3,
      does: throttle,
    });
    clouds.traffic.inject({ service: 'eks', operation: 'DescribeCluster', times: 2, does: throttle });
    const { clusters, results } = await discoverOnce(clouds.eks(['eu-west-1', 'us-east-1']));
    expect(clusters.filter(({ account }) => account === payments)).toHaveLength(3);
    expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
  });

  test('throttled it waits as long as EKS says', async () => {
    const does = { kind: 'throttle', retryAfterSeconds: 1 } as const;
    clouds.traffic.inject({ service: 'eks', operation: 'ListClusters', scope: payments, times: 1, does });
    await discoverOnce(clouds.eks(['eu-west-1']));
    const [first, second] = clouds.traffic.served.filter(
      ({ operation, scope }) => operation === 'ListClusters' && scope.startsWith(payments),
    );
    // By itself the SDK would have waited half a second at most.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test('a dropped connection and an internal error are tried again', async () => {
    for (const kind of ['drop', 'error'] as const) {
      clouds.traffic.inject({ service: 'eks', operation: 'DescribeCluster', times: 1, does: { kind } });
      const { results } = await discoverOnce(clouds.eks(['eu-west-1']));
      expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
    }
  });

  test('throttling without end is told, and may pass', async () => {
    clouds.traffic.inject({ service: 'eks', scope: `${payments}/eu-west-1`, does: { kind: 'throttle' } });
    const { results } = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(resultAt(results, payments, 'eu-west-1')).toMatchObject({
      kind: 'failed',
      error: { code: 'aws-throttled', retryable: true },
    });
    expect(resultAt(results, data, 'eu-west-1')).toMatchObject({ kind: 'listed' });
  });
});

describe('one cluster among others', () => {
  test('deleted between list and description it is simply gone', async () => {
    const { clusters } = await discoverOnce(clouds.eks(['eu-west-1']));
    clouds.plan.eks.splice(0, 1);
    const { clusters: left, results } = await discoverOnce(clouds.eks(['eu-west-1']), clusters);
    expect(left.map(({ name }) => name).sort()).toEqual(['payments-prod', 'playground']);
    expect(new Set(outcomes(results))).toEqual(new Set(['listed']));
  });

  test('denied it stands there with the action to ask for, known before it stays, stale', async () => {
    const { clusters: known } = await discoverOnce(clouds.eks(['eu-west-1']));
    const scope = 'payments-prod';
    clouds.traffic.inject({ service: 'eks', operation: 'DescribeCluster', scope, does: { kind: 'deny' } });
    const fresh = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(find(fresh.clusters, 'payments-prod')).toMatchObject({
      server: '',
      reach: { kind: 'none', reason: expect.stringContaining('eks:DescribeCluster') },
    });
    expect(find(fresh.clusters, 'payments-staging').reach.kind).toBe('tunnel');
    const again = await discoverOnce(clouds.eks(['eu-west-1']), known);
    expect(find(again.clusters, 'payments-prod')).toEqual({ ...find(known, 'payments-prod'), stale: true });
  });

  test('failing it fails the cell, and the others are told all the same', async () => {
    const scope = 'payments-prod';
    clouds.traffic.inject({
      service: 'eks',
      operation: 'DescribeCluster',
      scope,
      does: { kind: 'throttle' },
    });
    const { results } = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(resultAt(results, payments, 'eu-west-1')).toMatchObject({
      kind: 'failed',
      error: { code: 'aws-throttled' },
      clusters: [{ name: 'payments-staging' }],
    });
  });
});

describe('logging in', () => {
  test('an expired session names its profile, and only its cells fail', async () => {
    const session = clouds.aws.issueSession(payments);
    const home = { home: clouds.home, plan: clouds.plan, url: clouds.aws.url };
    await writeAwsHome({ ...home, sessions: [session] });
    const source = clouds.eks(['eu-west-1']);
    const { clusters: known } = await discoverOnce(source);
    clouds.aws.expireSession(session.accessKeyId);
    const expired = await discoverOnce(source, known);
    expect(resultAt(expired.results, payments, 'eu-west-1')).toMatchObject({
      error: { code: 'aws-session-expired', message: expect.stringContaining('payments') },
    });
    expect(resultAt(expired.results, platform, 'eu-west-1')).toMatchObject({ kind: 'listed' });
    // A new start knows the account from the catalog alone.
    const restarted = await discoverOnce(clouds.eks(['eu-west-1']), known);
    expect(resultAt(restarted.results, payments, 'eu-west-1')).toMatchObject({
      error: { code: 'aws-session-expired' },
    });
    // Nothing known, so a cell that bears the profile's name.
    const unknown = await discoverOnce(clouds.eks(['eu-west-1']));
    expect(resultAt(unknown.results, 'profile:payments', '*')).toMatchObject({
      error: { code: 'aws-session-expired' },
    });
    await writeAwsHome({ ...home, sessions: [clouds.aws.issueSession(payments)] });
    const renewed = await discoverOnce(source, known);
    expect(outcomes(renewed.results)).toEqual(['listed', 'listed', 'listed']);
  });

  test('an ended session of IAM Identity Center says which command to run', async () => {
    const lines = [
      '[sso-session acme]',
      'sso_start_url = https://acme.awsapps.com/start',
      'sso_region = eu-west-1',
      '[profile sso]',
      'sso_session = acme',
      `sso_account_id = ${data}`,
      'sso_role_name = reader',
      '[profile through-sso]',
      'source_profile = sso',
      'role_arn = arn:aws:iam::777788889999:role/admin',
      '',
    ];
    await writeFile(path.join(clouds.home, '.aws', 'config'), lines.join('\n'));
    await rm(path.join(clouds.home, '.aws', 'sso'), { recursive: true });
    await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
    const { results } = await discoverOnce(clouds.eks());
    expect(results).toHaveLength(2);
    for (const profile of ['sso', 'through-sso']) {
      expect(resultAt(results, `profile:${profile}`, '*')).toMatchObject({
        error: {
          code: 'aws-session-expired',
          message: expect.stringContaining(profile),
          hint: 'Run `k8s-tunnels login aws acme`.',
        },
      });
    }
  });

  test('where one profile is denied the next of the account is tried, and is then the better one', async () => {
    // Of two keys of one account the first is denied: its session ends after it has logged in.
    const session = clouds.aws.issueSession(platform);
    const { program, gate } = await writeSlowLogin();
    const credentials = [
      '[platform]',
      `aws_access_key_id = ${session.accessKeyId}`,
      `aws_secret_access_key = ${session.secretAccessKey}`,
      `aws_session_token = ${session.sessionToken}`,
      '[platform-again]',
      `credential_process = ${program}`,
      '',
    ];
    await writeFile(path.join(clouds.home, '.aws', 'credentials'), credentials.join('\n'));
    const source = clouds.eks(['eu-central-1']);
    await writeFile(gate, '');
    const before = await discoverOnce(source);
    expect(find(before.clusters, 'tools').credential).toMatchObject({
      ways: profiles('platform', 'platform-again'),
    });
    clouds.aws.expireSession(session.accessKeyId);
    // The second key comes after the first was denied, so that it is not tried instead.
    await rm(gate);
    const asked = clouds.traffic.count('eks');
    const running = discoverOnce(source, before.clusters);
    await vi.waitFor(() => expect(clouds.traffic.count('eks')).toBeGreaterThan(asked));
    await writeFile(gate, '');
    const after = await running;
    expect(new Set(outcomes(after.results))).toEqual(new Set(['listed']));
    expect(find(after.clusters, 'tools').credential).toMatchObject({
      ways: profiles('platform-again', 'platform'),
    });
  });

  test('a profile that is slower than its account is added when it comes', async () => {
    const { program, gate } = await writeSlowLogin();
    await appendFile(
      path.join(clouds.home, '.aws', 'config'),
      `\n[profile slow]\ncredential_process = ${program}\n`,
    );
    const told: string[][] = [];
    await clouds.eks(['us-east-1']).discover({
      signal: new AbortController().signal,
      known: [],
      cells: [],
      asked: false,
      onPlanned() {},
      onCell({ outcome }) {
        for (const { name, credential } of 'clusters' in outcome ? (outcome.clusters ?? []) : []) {
          if (name !== 'search-staging' || credential?.kind !== 'eks') continue;
          told.push(credential.ways.map((way) => (way.kind === 'profile' ? way.name : way.role)));
          // Only now that its account has been told does it answer.
          writeFileSync(gate, '');
        }
      },
    });
    expect(told[0]).not.toContain('slow');
    expect(told.at(-1)).toEqual(['platform', 'platform-again', 'slow']);
  });

  test('keys that AWS does not know are bad keys, not regions that are off', async () => {
    const source = clouds.eks();
    const { clusters: known } = await discoverOnce(source);
    const [account] = clouds.plan.accounts.splice(1, 1);
    const { results } = await discoverOnce(source, known);
    const ofAccount = results.filter(({ cell }) => cell.account === account?.id);
    expect(ofAccount).toHaveLength(17);
    expect(new Set(outcomes(ofAccount))).toEqual(new Set(['aws-failed']));
    expect(resultAt(results, payments, 'eu-west-1')).toMatchObject({
      error: { message: 'AWS does not know the access keys of AWS profile payments.' },
    });
  });

  test('the environment logs in where no profile can, a profile with a region alone is none', async () => {
    await writeFile(path.join(clouds.home, '.aws', 'config'), '[default]\nregion = eu-west-1\n');
    await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
    expect((await discoverOnce(clouds.eks())).results).toEqual([]);
    const [account] = clouds.plan.accounts;
    const keys = {
      AWS_ACCESS_KEY_ID: account?.accessKeyId,
      AWS_SECRET_ACCESS_KEY: account?.secretAccessKey,
    };
    Object.assign(process.env, keys);
    const source = createEksSource({ aws: clouds.ways({ env: { ...clouds.env, ...keys } }) });
    const { clusters } = await discoverOnce(source);
    expect(find(clusters, 'tools').credential).toMatchObject({ ways: profiles('') });
  });

  test('a credential_process that fails is reported with its last line, without its arguments', async () => {
    const program = path.join(clouds.home, 'program');
    const script = '#!/bin/sh\necho "usage: $*" >&2\necho "no session for $1 ($TOKEN)" >&2\nexit 1\n';
    await writeFile(program, script, { mode: 0o700 });
    await writeFile(
      path.join(clouds.home, '.aws', 'config'),
      `[profile tool]\ncredential_process = TOKEN=the-secret "${program}" another-secret\n`,
    );
    await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
    const { results } = await discoverOnce(clouds.eks());
    expect(resultAt(results, 'profile:tool', '*')).toMatchObject({
      error: {
        code: 'aws-failed',
        message:
          'The credential_process of AWS profile tool (program) failed with exit code 1; it last wrote "no session for [hidden] ([hidden])".',
      },
    });
    expect(JSON.stringify(results)).not.toMatch(/the-secret|another-secret/);
  });

  test('a role that is assumed with what a credential_process gives', async () => {
    const { program, gate } = await writeSlowLogin();
    await writeFile(gate, '');
    await writeFile(
      path.join(clouds.home, '.aws', 'config'),
      [
        '[profile tool]',
        `credential_process = ${program}`,
        '[profile role]',
        'role_arn = arn:aws:iam::444455556666:role/reader',
        'source_profile = tool',
        '[profile second-factor]',
        'role_arn = arn:aws:iam::444455556666:role/reader',
        'source_profile = tool',
        'mfa_serial = arn:aws:iam::444455556666:mfa/ada',
        '',
      ].join('\n'),
    );
    await writeFile(path.join(clouds.home, '.aws', 'credentials'), '');
    const { results, clusters } = await discoverOnce(clouds.eks(['eu-central-1']));
    expect(clouds.traffic.count('sts', 'AssumeRole')).toBe(1);
    expect(find(clusters, 'tools').credential).toMatchObject({ ways: profiles('tool') });
    expect(resultAt(results, 'profile:second-factor', '*')).toMatchObject({
      error: {
        code: 'aws-session-expired',
        message: expect.stringContaining('MFA device'),
        hint: expect.stringContaining('k8s-tunnels login aws arn:aws:iam::444455556666:mfa/ada'),
      },
    });
  });

  test('a credential_process that hangs keeps no other profile waiting, and a cancelled run ends it', async () => {
    const lines = Array.from(
      { length: 20 },
      (_, at) => `[profile hung-${at}]\ncredential_process = sleep 600`,
    );
    await appendFile(path.join(clouds.home, '.aws', 'config'), `\n${lines.join('\n')}\n`);
    const abort = new AbortController();
    const accounts = new Set<string>();
    const run = clouds.eks(['eu-central-1']).discover({
      signal: abort.signal,
      known: [],
      cells: [],
      asked: false,
      onPlanned() {},
      onCell({ cell, outcome }) {
        if (outcome.kind === 'listed') accounts.add(cell.account);
      },
    });
    run.catch(() => {});
    const others = clouds.plan.accounts.map(({ id }) => id);
    await vi.waitFor(() => expect([...accounts]).toEqual(expect.arrayContaining(others)), {
      timeout: 10_000,
    });
    abort.abort();
    await expect(run).rejects.toThrow();
  });

  test('no configuration at all is nothing to read', async () => {
    const home = path.join(clouds.home, 'empty');
    await mkdir(home);
    const source = createEksSource({ aws: clouds.ways({ env: {}, home }) });
    expect(await discoverOnce(source)).toEqual({ results: [], planned: 0, clusters: [] });
  });
});

test('a network that is down is told as such', async () => {
  const network = createNetwork({});
  const closed = { ...clouds.env, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  const source = createEksSource({ aws: clouds.ways({ env: closed, network }) });
  const { results } = await discoverOnce(source);
  expect(new Set(outcomes(results))).toEqual(new Set(['network-unreachable']));
  expect(results.map(({ cell }) => cell.account)).toContain('profile:payments');
});

test('a cancelled run rejects, tells nothing and asks for nothing more', async () => {
  clouds.traffic.setLatency(50);
  const abort = new AbortController();
  const told: string[] = [];
  const run = clouds.eks().discover({
    signal: abort.signal,
    known: [],
    cells: [],
    asked: false,
    onPlanned: () => abort.abort(new Error('enough')),
    onCell: ({ cell }) => void told.push(cell.region),
  });
  await expect(run).rejects.toThrow('enough');
  expect(told).toEqual([]);
  expect(clouds.traffic.count('eks')).toBe(0);
});

test('no secret key is in any result', async () => {
  const { results } = await discoverOnce(clouds.eks());
  const text = JSON.stringify(results) + (await readFile(path.join(clouds.home, '.aws', 'config'), 'utf8'));
  for (const { accessKeyId, secretAccessKey } of clouds.plan.accounts) {
    expect(text).not.toContain(accessKeyId);
    expect(text).not.toContain(secretAccessKey);
  }
});

describe('a server that stays silent for the whole limit', () => {
  const silent = (isSilent: (url: URL) => boolean) => {
    const asked: string[] = [];
    const network = createNetwork(clouds.env);
    const request: typeof network.request = async (url, options) => {
      const { authorization = '' } = Object(options?.headers);
      const [, region = ''] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(String(authorization)) ?? [];
      const at = new URL(url);
      at.hash = region;
      if (!isSilent(at)) return network.request(url, options);
      asked.push(`${url.pathname} ${region}`);
      throw timeoutError(url, 20_000);
    };
    return { asked, aws: clouds.ways({ network: { ...network, request } }) };
  };

  test('in one region is asked once for each account, and named; all other regions are read', async () => {
    const { asked, aws } = silent(({ hash }) => hash === '#sa-east-1');
    const { results, clusters } = await discoverOnce(createEksSource({ aws }));
    expect(resultAt(results, payments, 'sa-east-1')).toMatchObject({
      kind: 'failed',
      error: {
        code: 'timeout',
        message: 'AWS did not answer eks:ListClusters in sa-east-1.',
        retryable: true,
      },
    });
    expect(asked).toHaveLength(5);
    expect(clusters).toHaveLength(clouds.plan.eks.length);
  });

  test('as the token service of a role is asked once, and named', async () => {
    await appendFile(
      path.join(clouds.home, '.aws', 'config'),
      '\n[profile deploy]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = payments\nregion = eu-west-1\n',
    );
    let count = 0;
    const network = createNetwork(clouds.env);
    const request: typeof network.request = async (url, options) => {
      if (!String(options?.body ?? '').includes('Action=AssumeRole')) return network.request(url, options);
      count += 1;
      throw timeoutError(url, 20_000);
    };
    const aws = clouds.ways({ network: { ...network, request } });
    const { results } = await discoverOnce(createEksSource({ aws }));
    expect(count).toBe(1);
    expect(resultAt(results, 'profile:deploy', '*')).toMatchObject({
      kind: 'failed',
      error: { code: 'timeout', message: 'AWS did not answer sts:AssumeRole in eu-west-1.' },
    });
  });
});
