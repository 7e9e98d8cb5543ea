import { EKSClient } from '@aws-sdk/client-eks';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Aws } from '../world/aws/server.ts';
import { payments, paymentsKey, paymentsUser, startTestAws } from './aws-fixture.ts';

// The presigned URL inside an EKS bearer token, made by the SDK's own signer.

let aws: Aws;
let signing: EKSClient;

beforeEach(async () => {
  ({ aws } = await startTestAws());
  signing = new EKSClient({ region: 'eu-west-1', credentials: paymentsKey });
});

afterEach(async () => {
  signing.destroy();
  await aws.close();
});

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

async function presign(options: {
  readonly cluster?: string;
  readonly credentials?: Credentials;
  readonly expiresIn?: number;
  readonly signedMinutesAgo?: number;
}): Promise<URL> {
  const { cluster, credentials = paymentsKey, expiresIn = 60, signedMinutesAgo = 0 } = options;
  const hostname = 'sts.eu-west-1.amazonaws.com';
  const { sha256 } = signing.config;
  const signer = new SignatureV4({ service: 'sts', region: 'eu-west-1', credentials, sha256 });
  const request = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, ...(cluster === undefined ? {} : { 'x-k8s-aws-id': cluster }) },
    },
    {
      expiresIn,
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
      signingDate: new Date(Date.now() - signedMinutesAgo * 60_000),
    },
  );
  const url = new URL(`https://${hostname}/`);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
  return url;
}

const staging = { 'x-k8s-aws-id': 'payments-staging' };

test('the URL inside a token names its caller for 15 minutes, whatever X-Amz-Expires says', async () => {
  const fresh = await presign({ cluster: 'payments-staging' });
  expect(await aws.verifyPresigned(fresh, staging)).toEqual({ status: 'verified', ...paymentsUser });
  const old = await presign({ cluster: 'payments-staging', signedMinutesAgo: 14 });
  expect(await aws.verifyPresigned(old, staging)).toMatchObject({ status: 'verified' });
  const tooOld = await presign({ cluster: 'payments-staging', signedMinutesAgo: 16 });
  expect(await aws.verifyPresigned(tooOld, staging)).toMatchObject({
    status: 'rejected',
    reason: expect.stringContaining('15 minute expiration'),
  });
});

test('it carries a session’s token', async () => {
  const session = aws.issueSession(payments);
  const url = await presign({ cluster: 'payments-staging', credentials: session });
  expect(await aws.verifyPresigned(url, staging)).toMatchObject({
    status: 'verified',
    account: payments,
    arn: expect.stringContaining(':assumed-role/'),
  });
  aws.expireSession(session.accessKeyId);
  expect(await aws.verifyPresigned(url, staging)).toMatchObject({
    status: 'rejected',
    reason: expect.stringContaining('"Code":"ExpiredToken"'),
  });
});

test('it is good for no other cluster and in no other form', async () => {
  const url = await presign({ cluster: 'payments-staging' });
  const changed = (change: (copy: URL) => void) => {
    const copy = new URL(url);
    change(copy);
    return copy;
  };
  const cases: readonly (readonly [URL, string])[] = [
    [await presign({ cluster: 'payments-prod' }), 'SignatureDoesNotMatch'],
    [await presign({ cluster: 'payments-staging', signedMinutesAgo: -16 }), 'Signature not yet current'],
    [await presign({}), 'did not sign the x-k8s-aws-id header'],
    [await presign({ cluster: 'payments-staging', expiresIn: 901 }), 'invalid X-Amz-Expires'],
    [
      await presign({
        cluster: 'payments-staging',
        credentials: { ...paymentsKey, accessKeyId: 'AKIANOBODY' },
      }),
      'InvalidClientTokenId',
    ],
    [changed((copy) => copy.searchParams.set('X-Amz-Expires', '61')), 'SignatureDoesNotMatch'],
    [changed((copy) => copy.searchParams.set('X-Extra', '1')), 'non-whitelisted query parameter'],
    [changed((copy) => copy.searchParams.set('Action', 'GetSessionToken')), 'unexpected action'],
    [
      changed((copy) => {
        copy.hostname = 'sts.us-east-1.amazonaws.com';
      }),
      'SignatureDoesNotMatch',
    ],
    [
      changed((copy) => {
        copy.hostname = 'sts.amazonaws.com.example';
      }),
      'unexpected hostname',
    ],
  ];
  for (const [candidate, reason] of cases) {
    expect(await aws.verifyPresigned(candidate, staging)).toEqual({
      status: 'rejected',
      reason: expect.stringContaining(reason),
    });
  }
});
