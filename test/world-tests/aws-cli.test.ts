import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeAwsHome } from '../world/aws/home.ts';
import type { SessionCredentials } from '../world/aws/keyring.ts';
import type { Aws } from '../world/aws/server.ts';
import type { Traffic } from '../world/traffic.ts';
import { data, paymentsUser, plan, startTestAws } from './aws-fixture.ts';

let traffic: Traffic;
let aws: Aws;
let home: string;

beforeEach(async () => {
  ({ traffic, aws } = await startTestAws());
  home = await mkdtemp(join(tmpdir(), 'world-aws-'));
});

afterEach(async () => {
  await aws.close();
  await rm(home, { recursive: true });
});

const installed = execaSync('aws', ['--version'], { reject: false }).exitCode === 0;
if (!installed) console.warn('The tests with the real aws command are skipped: there is none on the PATH.');

describe.skipIf(!installed)('the aws command', () => {
  const run = async (
    profile: string,
    command: string,
    { plan: written = plan, sessions = [] as readonly SessionCredentials[], endpoint = aws.url } = {},
  ) => {
    const folder = await mkdtemp(join(home, 'cli-'));
    const env = await writeAwsHome({ home: folder, plan: written, url: endpoint, sessions });
    return execa('aws', ['--profile', profile, ...command.split(' ')], {
      env: { ...env, PATH: process.env.PATH, AWS_MAX_ATTEMPTS: '2' },
      extendEnv: false,
      reject: false,
    });
  };

  test('tells who it is, by two profiles of one account', async () => {
    const results = await Promise.all([
      run('platform', 'sts get-caller-identity'),
      run('platform-again', 'sts get-caller-identity'),
    ]);
    for (const { stdout } of results) {
      expect(JSON.parse(stdout)).toEqual({
        UserId: 'AIDAWORLDPLATFORM001',
        Account: '111122223333',
        Arn: 'arn:aws:iam::111122223333:user/ada',
      });
    }
  });

  test('lists every page and describes a cluster', async () => {
    const [list, describeOne] = await Promise.all([
      run('payments', 'eks list-clusters --region us-west-2'),
      run('payments', 'eks describe-cluster --name payments-prod --region eu-west-1'),
    ]);
    expect(JSON.parse(list.stdout).clusters).toHaveLength(230);
    expect(JSON.parse(describeOne.stdout).cluster).toMatchObject({
      name: 'payments-prod',
      status: 'ACTIVE',
      tags: { 'k8s-tunnels-hostname': 'payments-prod.k8s.acme.example' },
    });
  });

  test('makes a token that the cluster’s API server can check, for our address and for AWS’s own', async () => {
    const hosts = [];
    for (const endpoint of [aws.url, 'https://sts.eu-west-1.amazonaws.com']) {
      const { stdout } = await run(
        'payments',
        'eks get-token --cluster-name payments-staging --region eu-west-1',
        { endpoint },
      );
      const { token } = JSON.parse(stdout).status;
      const url = new URL(Buffer.from(token.replace(/^k8s-aws-v1\./, ''), 'base64url').toString());
      hosts.push(url.host);
      expect(await aws.verifyPresigned(url, { 'x-k8s-aws-id': 'payments-staging' })).toEqual({
        status: 'verified',
        ...paymentsUser,
      });
      expect(await aws.verifyPresigned(url, { 'x-k8s-aws-id': 'payments-prod' })).toMatchObject({
        status: 'rejected',
      });
    }
    expect(hosts).toEqual([`127.0.0.1:${aws.port}`, 'sts.eu-west-1.amazonaws.com']);
  });

  test('shows refusals in the service’s words', async () => {
    const session = aws.issueSession(data);
    aws.expireSession(session.accessKeyId);
    const ended = { sessions: [session] };
    const guessed = {
      plan: { ...plan, accounts: plan.accounts.map((account) => ({ ...account, secretAccessKey: 'guess' })) },
    };
    const results = await Promise.all([
      run('data', 'eks list-clusters --region us-west-1'),
      run('data', 'eks list-clusters --region ap-northeast-3'),
      run('data', 'sts get-caller-identity --region ap-northeast-3'),
      run('data', 'eks describe-cluster --name nowhere --region us-west-2'),
      run('data', 'eks list-clusters', ended),
      run('data', 'sts get-caller-identity', ended),
      run('data', 'eks list-clusters', guessed),
      run('data', 'sts get-caller-identity', guessed),
      run('data', 'sts get-session-token'),
    ]);
    expect(results.map(({ stderr }) => /\((\w+)\) when calling the (\w+)/.exec(stderr)?.slice(1))).toEqual([
      ['AccessDeniedException', 'ListClusters'],
      ['UnrecognizedClientException', 'ListClusters'],
      ['InvalidClientTokenId', 'GetCallerIdentity'],
      ['ResourceNotFoundException', 'DescribeCluster'],
      ['ExpiredTokenException', 'ListClusters'],
      ['ExpiredToken', 'GetCallerIdentity'],
      ['InvalidSignatureException', 'ListClusters'],
      ['SignatureDoesNotMatch', 'GetCallerIdentity'],
      ['InvalidAction', 'GetSessionToken'],
    ]);
  });

  test('is throttled, then gets through', async () => {
    traffic.inject({ service: 'eks', times: 1, does: { kind: 'throttle', retryAfterSeconds: 1 } });
    const { stdout } = await run('payments', 'eks list-clusters --region us-east-1');
    expect(JSON.parse(stdout).clusters).toEqual(['ledger-prod']);
    expect(traffic.count('eks', 'ListClusters')).toBe(2);
  });
});
