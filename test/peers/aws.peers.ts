import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CreateClusterCommand,
  DescribeClusterCommand,
  EKSClient,
  ListClustersCommand,
} from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { permissionsFolder } from '../e2e/rights.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';
import { paymentsKey, startTestAws } from '../world-tests/aws-fixture.ts';
import { type Answer, differences } from './kind-of-answer.ts';
import { missing, skipWithout, toolPath } from './peers.ts';
import { type PeerServer, startServer } from './server.ts';

const region = 'eu-west-1';
const cluster = 'payments-prod';
const tags = {
  'k8s-tunnels-hostname': 'orders.k8s.acme.example',
  'k8s-tunnels-name': 'orders-from-moto',
  'k8s-tunnels-environment': 'staging',
};
const reason = missing('moto', 'python3');
let moto: PeerServer | undefined;
let double: Awaited<ReturnType<typeof startTestAws>> | undefined;

beforeAll(async () => {
  if (reason !== undefined) return;
  double = await startTestAws();
  moto = await startServer({
    command: (port) => [toolPath('python3'), '-m', 'moto.server', '-p', `${port}`],
    env: { PYTHONPATH: toolPath('moto') },
    ready: '/moto-api/data.json',
  });
  const client = new EKSClient({ region, endpoint: moto.url, credentials: paymentsKey });
  await client.send(
    new CreateClusterCommand({
      name: cluster,
      roleArn: 'arn:aws:iam::123456789012:role/eks',
      resourcesVpcConfig: { subnetIds: ['subnet-1', 'subnet-2'] },
      tags,
    }),
  );
  client.destroy();
});

afterAll(async () => {
  await double?.aws.close();
  await moto?.close();
});

beforeEach((context) => skipWithout(context, reason));

const urls = () => ({ double: double?.aws.url ?? '', peer: moto?.url ?? '' });

/** A handler of the SDK's that keeps the answer as it came. */
function keeping() {
  let kept: Answer | undefined;
  return {
    kept: () => kept,
    handler: {
      async handle(asked: {
        readonly method: string;
        readonly hostname: string;
        readonly port?: number;
        readonly path: string;
        readonly query?: Readonly<Record<string, unknown>>;
        readonly headers: Readonly<Record<string, string>>;
        readonly body?: unknown;
      }) {
        const query = new URLSearchParams(asked.query as Record<string, string>).toString();
        const sent = request({
          host: asked.hostname,
          port: asked.port,
          method: asked.method,
          path: query === '' ? asked.path : `${asked.path}?${query}`,
          headers: asked.headers,
        });
        sent.end(typeof asked.body === 'string' || asked.body instanceof Uint8Array ? asked.body : undefined);
        const [response] = await once(sent, 'response');
        const body = await text(response);
        const [contentType = ''] = String(response.headers['content-type'] ?? '').split(';', 1);
        kept = { status: response.statusCode, contentType, body };
        throw new Error('the answer is kept');
      },
    },
  };
}

/** What EKS says of a cluster and moto does not know yet. */
const newerThanMoto = [
  ...['securityGroupIds', 'clusterSecurityGroupId', 'vpcId', 'publicAccessCidrs'].map(
    (name) => `cluster.resourcesVpcConfig.${name}`,
  ),
  ...['endpointPublicAccess', 'endpointPrivateAccess'].map((name) => `cluster.resourcesVpcConfig.${name}`),
  ...['ipFamily', 'elasticLoadBalancing'].map((name) => `cluster.kubernetesNetworkConfig.${name}`),
  ...['id', 'health', 'accessConfig', 'upgradePolicy', 'zonalShiftConfig', 'deletionProtection'].map(
    (name) => `cluster.${name}`,
  ),
  ...['connectorConfig', 'outpostConfig', 'remoteNetworkConfig', 'computeConfig', 'storageConfig'].map(
    (name) => `cluster.${name}`,
  ),
];

const requests = {
  ListClusters: (endpoint: string, requestHandler: never) =>
    new EKSClient({ region, endpoint, credentials: paymentsKey, requestHandler, maxAttempts: 1 }).send(
      new ListClustersCommand({}),
    ),
  DescribeCluster: (endpoint: string, requestHandler: never) =>
    new EKSClient({ region, endpoint, credentials: paymentsKey, requestHandler, maxAttempts: 1 }).send(
      new DescribeClusterCommand({ name: cluster }),
    ),
  'DescribeCluster of none': (endpoint: string, requestHandler: never) =>
    new EKSClient({ region, endpoint, credentials: paymentsKey, requestHandler, maxAttempts: 1 }).send(
      new DescribeClusterCommand({ name: 'nowhere' }),
    ),
  GetCallerIdentity: (endpoint: string, requestHandler: never) =>
    new STSClient({ region, endpoint, credentials: paymentsKey, requestHandler, maxAttempts: 1 }).send(
      new GetCallerIdentityCommand({}),
    ),
} as const;

test.each(Object.entries(requests))('the double and moto answer %s alike', async (_, send) => {
  const answer = async (endpoint: string): Promise<Answer> => {
    const { handler, kept } = keeping();
    await send(endpoint, handler as never).catch(() => undefined);
    const found = kept();
    if (found === undefined) throw new Error(`no answer from ${endpoint}`);
    return found;
  };
  const [ours, theirs] = [await answer(urls().double), await answer(urls().peer)];
  expect(differences(ours, theirs, { open: ['cluster.tags'], lacking: newerThanMoto })).toEqual([]);
});

test('a cluster that is not there has the same error', async () => {
  for (const endpoint of Object.values(urls())) {
    const client = new EKSClient({ region, endpoint, credentials: paymentsKey });
    await expect(client.send(new DescribeClusterCommand({ name: 'nowhere' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'No cluster found for name: nowhere.',
      $metadata: { httpStatusCode: 404 },
    });
    client.destroy();
  }
});

test('the product discovers a cluster of moto with its tags, and STS takes its token', async () => {
  const world: World = await startWorld();
  const commandLine: CommandLine = await createCommandLine(world, { AWS_ENDPOINT_URL: urls().peer });
  try {
    const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list');
    const found = clusters.find(({ name }) => name === cluster);
    expect(found).toMatchObject({ title: tags['k8s-tunnels-name'], environment: 'staging' });
    const { status } = JSON.parse(
      (await commandLine.run(`${commandLine.bin}/k8s-tunnels`, ['credential', found?.id ?? ''])).stdout,
    ) as { readonly status: { readonly token: string } };
    const [prefix, encoded = ''] = status.token.split(/(?<=^k8s-aws-v1)\./);
    expect(prefix).toBe('k8s-aws-v1');
    const url = new URL(Buffer.from(encoded, 'base64url').toString());
    // As the cluster's authenticator asks, but for the address; moto knows a service by this header alone.
    const peer = new URL(urls().peer);
    const scope = `AWS4-HMAC-SHA256 Credential=${url.searchParams.get('X-Amz-Credential')}, SignedHeaders=host, Signature=0`;
    const sent = request({
      host: peer.hostname,
      port: peer.port,
      path: url.pathname + url.search,
      headers: { host: url.host, 'x-k8s-aws-id': cluster, authorization: scope },
    });
    sent.end();
    const [response] = await once(sent, 'response');
    expect(await text(response)).toMatch(/<GetCallerIdentityResponse[\s\S]*<Account>\d{12}<\/Account>/);
    expect(response.statusCode).toBe(200);
  } finally {
    await commandLine.stop();
    await world.close();
  }
});

describe('IAM enforces the policies of docs/permissions.md', () => {
  const [user, file] = ['reader', 'aws-read.json'];

  /** An unsigned request of the query protocol: moto takes it while it checks nobody. */
  const iam = async (action: string, values: Readonly<Record<string, string>>): Promise<string> => {
    const scope =
      'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0';
    const answer = await fetch(urls().peer, {
      method: 'POST',
      headers: { authorization: scope },
      body: new URLSearchParams({ Action: action, Version: '2010-05-08', ...values }),
    });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${action}: ${body}`);
    return body;
  };
  const enforce = (after: number) =>
    fetch(`${urls().peer}/moto-api/reset-auth`, { method: 'POST', body: `${after}` });
  /** The keys of a user with the policy of the file, or with that but for one action. */
  const keysWithout = async (action?: string) => {
    const policy = JSON.parse(await readFile(path.join(permissionsFolder, file), 'utf8'));
    for (const statement of policy.Statement)
      statement.Action = statement.Action.filter((one: string) => one !== action);
    await iam('CreateUser', { UserName: user });
    const given = { UserName: user, PolicyName: 'read', PolicyDocument: JSON.stringify(policy) };
    await iam('PutUserPolicy', given);
    const made = await iam('CreateAccessKey', { UserName: user });
    const field = (tag: string) => new RegExp(`<${tag}>([^<]+)`).exec(made)?.[1] ?? '';
    return { AWS_ACCESS_KEY_ID: field('AccessKeyId'), AWS_SECRET_ACCESS_KEY: field('SecretAccessKey') };
  };
  const lint = async (keys: Readonly<Record<string, string>>) => {
    const world = await startWorld();
    const env = { AWS_ENDPOINT_URL: urls().peer, AWS_REGION: region, ...keys };
    const commandLine = await createCommandLine(world, env);
    try {
      await rm(path.join(world.home, '.aws'), { recursive: true });
      await commandLine.tunnels('settings', 'awsRegions', region);
      await enforce(0);
      const args = ['lint-tags', '--source', 'eks', '--fresh', '--json'];
      const { stdout } = await commandLine.run('k8s-tunnels', args);
      return JSON.parse(stdout) as { readonly clusters: number; readonly complete: boolean };
    } finally {
      await enforce(1_000_000);
      await commandLine.stop();
      await world.close();
    }
  };
  afterEach(async () => {
    const keys = await iam('ListAccessKeys', { UserName: user });
    for (const [, id = ''] of keys.matchAll(/<AccessKeyId>([^<]+)/g))
      await iam('DeleteAccessKey', { UserName: user, AccessKeyId: id });
    await iam('DeleteUserPolicy', { UserName: user, PolicyName: 'read' });
    await iam('DeleteUser', { UserName: user });
  });

  test('aws-read.json lists clusters with their tags', async () => {
    expect(await lint(await keysWithout())).toMatchObject({ clusters: 1, complete: true });
  });

  test.each(['eks:ListClusters', 'eks:DescribeCluster'])('without %s, lint-tags fails', async (action) => {
    expect(await lint(await keysWithout(action))).toMatchObject({ clusters: 0, complete: false });
  });
});
