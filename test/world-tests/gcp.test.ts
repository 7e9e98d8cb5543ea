import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ClusterManagerClient } from '@google-cloud/container';
import grpc from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../world/authority.ts';
import { type GcpPlan, gkeAddresses } from '../world/gcp/gcp-plan.ts';
import { writeGcpHome } from '../world/gcp/home.ts';
import { type Gcp, startGcp } from '../world/gcp/server.ts';
import { defaultPlan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';

type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;

let gcp: Gcp;
let grpcPort: number;
let home: string;
let env: Readonly<Record<string, string>>;
const traffic = new Traffic();
const plan = structuredClone(defaultPlan.gcp) as Mutable<GcpPlan>;

beforeAll(async () => {
  const { certificate } = await createAuthority('a cluster');
  gcp = await startGcp({
    plan: { gcp: plan, people: defaultPlan.people },
    traffic,
    certificateAuthorityFor: () => certificate,
  });
  grpcPort = await gcp.startGrpc();
  home = await mkdtemp(path.join(tmpdir(), 'gcp-'));
  env = await writeGcpHome({ home, gcp });
});
afterAll(async () => {
  await gcp.close();
  await rm(home, { recursive: true });
});

async function post(form: Readonly<Record<string, string>>) {
  const answer = await fetch(gcp.tokenUri, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, string>> };
}
const refreshForm = (credentials = gcp.signIn()) => ({
  grant_type: 'refresh_token',
  client_id: credentials.client_id,
  client_secret: credentials.client_secret,
  refresh_token: credentials.refresh_token,
});
const accessToken = async () => (await post(refreshForm())).body.access_token ?? '';

/** Google's own client, whose calls are unmodified but for where they go. */
function client(way: 'grpc' | 'rest', token: string): ClusterManagerClient {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
  if (way === 'rest') {
    const { hostname, port } = new URL(gcp.url);
    return new ClusterManagerClient({
      apiEndpoint: hostname,
      port: Number(port),
      protocol: 'http',
      fallback: true,
      authClient: authClient as never,
    });
  }
  // A call's own credentials need TLS; over plain text the token goes along by hand.
  return new ClusterManagerClient({
    apiEndpoint: '127.0.0.1',
    port: grpcPort,
    authClient: authClient as never,
    sslCreds: grpc.credentials.createInsecure(),
  });
}

describe.each(['grpc', 'rest'] as const)('Google’s cluster manager client over %s', (way) => {
  const list = async (project: string, headers: Readonly<Record<string, string>> = {}, token?: string) => {
    const held = token ?? (await accessToken());
    const manager = client(way, held);
    const parent = `projects/${project}/locations/-`;
    const authorization = way === 'grpc' ? { authorization: `Bearer ${held}` } : {};
    const [answer] = await manager.listClusters(
      { parent },
      { otherArgs: { headers: { ...headers, ...authorization } } },
    );
    await manager.close();
    return answer;
  };

  it('lists the clusters of a project, and its missing zones', async () => {
    plan.missingZones = ['europe-west4-a'];
    const { clusters, missingZones } = await list('acme-shop');
    plan.missingZones = [];
    expect(missingZones).toEqual(['europe-west4-a']);
    expect(clusters?.map(({ name, status, location }) => [name, status, location])).toEqual([
      ['storefront-staging', 'RUNNING', 'europe-west1'],
      ['storefront-prod', 'RUNNING', 'europe-west1'],
    ]);
    const [staging] = plan.clusters;
    if (staging === undefined) throw new Error('no cluster in the plan');
    expect(clusters?.[0]).toMatchObject({
      endpoint: gkeAddresses(staging).private,
      resourceLabels: staging.labels,
      controlPlaneEndpointsConfig: { ipEndpointsConfig: { enabled: true } },
    });
  });

  it('gets one, and hears of one that is not there', async () => {
    const held = await accessToken();
    const manager = client(way, held);
    const options = way === 'grpc' ? { otherArgs: { headers: { authorization: `Bearer ${held}` } } } : {};
    const name = 'projects/acme-shop/locations/europe-west1/clusters/';
    const [cluster] = await manager.getCluster({ name: `${name}storefront-prod` }, options);
    expect(cluster.currentMasterVersion).toBe('1.32.4-gke.1415000');
    await expect(manager.getCluster({ name: `${name}nothing` }, options)).rejects.toMatchObject({ code: 5 });
    await manager.close();
  });

  it('answers only what a field mask names', async () => {
    const { clusters } = await list('acme-shop', { 'x-goog-fieldmask': 'clusters.name,clusters.masterAuth' });
    expect(clusters?.[0]?.name).toBe('storefront-staging');
    expect(clusters?.[0]?.masterAuth?.clusterCaCertificate).toMatch(/^LS0t/);
    expect(clusters?.[0]?.endpoint || undefined).toBeUndefined();
  });

  it.each([
    ['an API that is off', 'acme-mailing', { code: 7, reason: 'SERVICE_DISABLED', domain: 'googleapis.com' }],
    ['a role that is missing', 'acme-finance', { code: 7, reason: 'IAM_PERMISSION_DENIED' }],
    ['a project that is not there', 'nobody', { code: 7, reason: 'IAM_PERMISSION_DENIED' }],
  ])('hears of %s with its reason', async (_, project, failure) => {
    await expect(list(project)).rejects.toMatchObject(failure);
  });

  it('hears of a quota, which it leaves to its caller', async () => {
    const lift = traffic.inject({ service: 'gke', does: { kind: 'throttle', retryAfterSeconds: 7 } });
    traffic.reset();
    await expect(list('acme-shop')).rejects.toMatchObject({ code: 8, reason: 'RATE_LIMIT_EXCEEDED' });
    lift();
    expect(traffic.count('gke')).toBe(1);
  });

  it('hears of a token that is none', async () => {
    await expect(list('acme-shop', {}, 'ya29.nothing')).rejects.toMatchObject({ code: 16 });
  });
});

describe('the token endpoint', () => {
  it('answers a refresh token with an access token', async () => {
    const { status, body } = await post(refreshForm());
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
    expect(gcp.signIns.find(body.access_token ?? '')).toBe(defaultPlan.people[0]?.email);
  });

  it('refuses in Google’s words', async () => {
    const form = refreshForm();
    expect(await post({ ...form, refresh_token: 'x' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await post({ ...form, client_secret: 'x' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    gcp.signIns.end(form.refresh_token, 'revoked');
    expect(await post(form)).toEqual({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
    });
    gcp.signIns.end(form.refresh_token, 'reauth');
    expect((await post(form)).body).toMatchObject({ error: 'invalid_grant', error_subtype: 'invalid_rapt' });
    expect(await post({ grant_type: 'password' })).toMatchObject({
      body: { error: 'unsupported_grant_type' },
    });
  });
});

describe('Resource Manager', () => {
  const payer = { 'x-goog-user-project': 'acme-shop' };
  const search = async (query: string, headers: Readonly<Record<string, string>> = payer) => {
    const answer = await fetch(`${gcp.url}v3/projects:search?${query}`, {
      headers: { authorization: `Bearer ${await accessToken()}`, ...headers },
    });
    return { status: answer.status, body: await answer.json() };
  };

  it('searches in pages', async () => {
    const first = await search('query=state:ACTIVE&pageSize=3');
    expect(first.body.projects).toHaveLength(3);
    const second = await search(`query=state:ACTIVE&pageSize=3&pageToken=${first.body.nextPageToken}`);
    expect(second.body.projects).toHaveLength(2);
    expect(second.body.nextPageToken).toBeUndefined();
    expect((await search('pageToken=nonsense')).status).toBe(400);
    expect((await search('query=state:DELETE_REQUESTED')).body.projects).toEqual([]);
  });

  it.each([
    ['SERVICE_DISABLED', {}],
    ['USER_PROJECT_DENIED', { 'x-goog-user-project': 'elsewhere' }],
  ])('wants a project that pays: %s', async (reason, headers) => {
    const { status, body } = await search('', headers);
    expect(status).toBe(403);
    expect(body.error.details[0]).toMatchObject({ reason });
  });
});

const gcloud = await promisify(execFile)('gcloud', ['version', '--format=value(core)']).then(
  () => true,
  () => false,
);

describe.runIf(gcloud)('gcloud', () => {
  it('signs in with the home’s credentials and lists the clusters of a project', {
    timeout: 60_000,
  }, async () => {
    const { stdout } = await promisify(execFile)(
      'gcloud',
      ['container', 'clusters', 'list', '--project', 'acme-shop', '--format=value(name,location,endpoint)'],
      {
        env: {
          ...env,
          PATH: process.env.PATH ?? '',
          CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: path.join(
            home,
            '.config',
            'gcloud',
            'application_default_credentials.json',
          ),
          CLOUDSDK_AUTH_TOKEN_HOST: gcp.tokenUri,
          CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
        },
      },
    );
    expect(stdout).toContain('storefront-staging');
    expect(stdout).toContain('storefront-prod');
  });
});
