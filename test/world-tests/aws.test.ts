import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeClusterCommand,
  EKSClient,
  type EKSClientConfig,
  ListClustersCommand,
  paginateListClusters,
} from '@aws-sdk/client-eks';
import { fromIni } from '@aws-sdk/credential-providers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAwsHome } from '../world/aws/home.ts';
import type { Aws } from '../world/aws/server.ts';
import { eksEndpointHost } from '../world/plan.ts';
import type { Traffic } from '../world/traffic.ts';
import {
  certificateAuthorityFor,
  dataKey,
  fleet,
  payments,
  paymentsKey,
  plan,
  startTestAws,
} from './aws-fixture.ts';

// The JavaScript SDK, which knows nothing of the world but its address.

let traffic: Traffic;
let aws: Aws;
let clients: EKSClient[];

beforeEach(async () => {
  ({ traffic, aws } = await startTestAws());
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await aws.close();
});

function eks(
  region: string,
  credentials: NonNullable<EKSClientConfig['credentials']> = paymentsKey,
  clockOffset = 0,
): EKSClient {
  const client = new EKSClient({
    region,
    endpoint: aws.url,
    credentials,
    maxAttempts: 3,
    systemClockOffset: clockOffset,
  });
  clients.push(client);
  return client;
}

test('lists 230 clusters of a region in pages of 100', async () => {
  const names: string[] = [];
  for await (const page of paginateListClusters({ client: eks('us-west-2') }, {})) {
    names.push(...(page.clusters ?? []));
  }
  expect(names).toEqual(fleet.map((cluster) => cluster.name));
  expect(traffic.served.map(({ operation, scope }) => `${operation} ${scope}`)).toEqual(
    Array.from({ length: 3 }, () => `ListClusters ${payments}/us-west-2`),
  );
});

test('is refused a page of more than 100 and a made-up page token', async () => {
  const refused = { name: 'InvalidParameterException', $metadata: { httpStatusCode: 400 } };
  const client = eks('us-west-2');
  await expect(client.send(new ListClustersCommand({ maxResults: 101 }))).rejects.toMatchObject(refused);
  await expect(client.send(new ListClustersCommand({ nextToken: 'mine' }))).rejects.toMatchObject(refused);
});

test('describes a cluster with what a tunnel needs', async () => {
  const { cluster } = await eks('eu-west-1').send(new DescribeClusterCommand({ name: 'payments-prod' }));
  const planned = plan.eks.find(({ name }) => name === 'payments-prod');
  expect(cluster).toMatchObject({
    arn: `arn:aws:eks:eu-west-1:${payments}:cluster/payments-prod`,
    createdAt: new Date('2025-01-01T10:00:00.123Z'),
    endpoint: `https://${planned && eksEndpointHost(planned)}`,
    certificateAuthority: {
      data: Buffer.from(certificateAuthorityFor({ name: 'payments-prod' })).toString('base64'),
    },
    status: 'ACTIVE',
    version: '1.32',
    tags: planned?.tags,
  });
  expect(traffic.served[0]?.scope).toBe(`${payments}/eu-west-1/payments-prod`);
});

test('is told of a cluster that is not there, and of one whose name needs encoding', async () => {
  for (const name of ['nowhere', 'a b+c']) {
    await expect(eks('eu-west-1').send(new DescribeClusterCommand({ name }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `No cluster found for name: ${name}.`,
      $metadata: { httpStatusCode: 404 },
    });
  }
});

test('is not known in a region that is not enabled', async () => {
  await expect(eks('ap-northeast-3').send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
    $metadata: { httpStatusCode: 403, attempts: 1 },
  });
});

test('is denied in one account and region only', async () => {
  await expect(eks('us-west-1', dataKey).send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message:
      'User: arn:aws:iam::777788889999:user/ada is not authorized to perform: eks:ListClusters on resource: arn:aws:eks:us-west-1:777788889999:cluster/* because no identity-based policy allows the eks:ListClusters action',
    $metadata: { httpStatusCode: 403 },
  });
  const { clusters } = await eks('us-west-1').send(new ListClustersCommand({}));
  expect(clusters).toEqual([]);
});

test('gets through on a later attempt when throttled, dropped or failed', async () => {
  for (const does of [
    { kind: 'throttle', retryAfterSeconds: 0 } as const,
    { kind: 'drop' } as const,
    { kind: 'error' } as const,
  ]) {
    traffic.inject({ service: 'eks', operation: 'ListClusters', times: 1, does });
    const answer = await eks('us-east-1').send(new ListClustersCommand({}));
    expect(answer.clusters).toEqual(['ledger-prod']);
    expect(answer.$metadata.attempts).toBe(2);
  }
});

test('gives up when every attempt is throttled', async () => {
  traffic.inject({ service: 'eks', scope: `${payments}/us-east-1`, does: { kind: 'throttle' } });
  await expect(eks('us-east-1').send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 429, attempts: 3 },
  });
  expect(traffic.count('eks', 'ListClusters')).toBe(3);
});

test('is refused with a wrong secret and with a key that is nobody’s', async () => {
  const list = new ListClustersCommand({});
  await expect(
    eks('us-east-1', { ...paymentsKey, secretAccessKey: 'guess' }).send(list),
  ).rejects.toMatchObject({ name: 'InvalidSignatureException', $metadata: { httpStatusCode: 403 } });
  await expect(
    eks('us-east-1', { ...paymentsKey, accessKeyId: 'AKIANOBODY' }).send(list),
  ).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
});

test('corrects a clock that is six minutes slow from the refusal', async () => {
  const answer = await eks('us-east-1', paymentsKey, -6 * 60_000).send(new ListClustersCommand({}));
  expect(answer.clusters).toEqual(['ledger-prod']);
  expect(answer.$metadata.attempts).toBe(2);
});

test('works with a session until it ends, and with the next one after', async () => {
  const home = await mkdtemp(join(tmpdir(), 'world-aws-'));
  const session = aws.issueSession(payments);
  await writeAwsHome({ home, plan, url: aws.url, sessions: [session] });
  const list = () => {
    const credentials = fromIni({
      profile: 'payments',
      filepath: join(home, '.aws/credentials'),
      configFilepath: join(home, '.aws/config'),
      ignoreCache: true,
    });
    return eks('us-east-1', credentials).send(new ListClustersCommand({}));
  };
  const { sessionToken: _, ...tokenless } = session;

  expect((await list()).clusters).toEqual(['ledger-prod']);
  await expect(eks('us-east-1', tokenless).send(new ListClustersCommand({}))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });

  aws.expireSession(session.accessKeyId);
  await expect(list()).rejects.toMatchObject({
    name: 'ExpiredTokenException',
    $metadata: { httpStatusCode: 403 },
  });

  await writeAwsHome({ home, plan, url: aws.url, sessions: [aws.issueSession(payments)] });
  expect((await list()).clusters).toEqual(['ledger-prod']);
  await rm(home, { recursive: true });
});
