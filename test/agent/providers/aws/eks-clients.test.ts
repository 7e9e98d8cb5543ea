import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Environment } from '../../../../main/agent/parts.ts';
import { createEksClients } from '../../../../main/agent/providers/aws/eks-clients.ts';
import type { AwsPrincipal } from '../../../../main/agent/providers/aws/profiles.ts';
import { type Clouds, startClouds } from '../../discovery/clouds.ts';

let clouds: Clouds;
beforeEach(async () => {
  clouds = await startClouds();
});
afterEach(() => clouds.close());

const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };

/** What goes out for a cluster in a region, with the clients' settings from the home and `env`. */
async function requestIn(region: string, env: Environment) {
  const principal: AwsPrincipal = {
    way: { kind: 'profile', name: 'payments' },
    title: 'AWS profile payments',
    key: 'payments',
    region: undefined,
    endpoint: undefined,
    role: undefined,
    login: { kind: 'other' },
  };
  const client = await createEksClients(clouds.ways({ env }))({ principal, credentials }, region);
  let sent: { hostname: string; headers: Record<string, string> } | undefined;
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        sent = request as typeof sent;
        throw new Error('far enough');
      },
    { step: 'deserialize', priority: 'low' },
  );
  await expect(client.send(new DescribeClusterCommand({ name: 'one' }))).rejects.toThrow('far enough');
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}

test('without an endpoint of the environment it is AWS that is asked, in the region, signed for it', async () => {
  const { AWS_ENDPOINT_URL: _, ...env } = clouds.env;
  const { hostname, headers } = await requestIn('eu-west-3', env);
  expect(hostname).toBe('eks.eu-west-3.amazonaws.com');
  expect(headers).toMatchObject({
    host: 'eks.eu-west-3.amazonaws.com',
    'x-amz-security-token': 'token',
    'user-agent': expect.stringMatching(/^aws-sdk-js\/\S+ .*api\/eks#/),
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/\d{8}\/eu-west-3\/eks\/aws4_request, SignedHeaders=[^,]*host;/,
    ),
  });
});

test('what the profile says of endpoints holds in every region', async () => {
  await appendFile(
    path.join(clouds.home, '.aws', 'config'),
    '\n[profile payments]\nuse_fips_endpoint = true\n',
  );
  const { AWS_ENDPOINT_URL: _, ...env } = clouds.env;
  expect((await requestIn('us-east-2', env)).hostname).toBe('fips.eks.us-east-2.amazonaws.com');
});
