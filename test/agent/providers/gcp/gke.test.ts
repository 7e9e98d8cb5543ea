import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNetwork, type Network } from '../../../../main/agent/network/network.ts';
import { networkError, timeoutError } from '../../../../main/agent/network/network-error.ts';
import { type Clock, systemClock } from '../../../../main/agent/parts.ts';
import type { CellResult } from '../../../../main/agent/providers/discovery-source.ts';
import { createGkeSource } from '../../../../main/agent/providers/gcp/gke.ts';
import type { Cell, Cluster } from '../../../../main/model/cluster.ts';
import { startProxy } from '../../../world/access/proxy.ts';
import { createAuthority } from '../../../world/authority.ts';
import { gkeAddresses } from '../../../world/gcp/gcp-plan.ts';
import type { Served, Service } from '../../../world/traffic.ts';
import { discoverOnce, discoveryInto, resultAt } from '../../discovery/clouds.ts';
import { type Google, startGoogle } from './google.ts';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

const find = (clusters: readonly Cluster[], name: string): Cluster => {
  const cluster = clusters.find((one) => one.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
};
const errorAt = (results: readonly CellResult[], account: string, region: string) => {
  const outcome = resultAt(results, account, region);
  return outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
};
const planned = (name: string) => {
  const cluster = google.plan.clusters.find((one) => one.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
};
/** The cells that a run leaves in the catalog, `ageMs` ago. */
const cellsOf = (results: readonly CellResult[], ageMs = 0): Cell[] =>
  results.map(({ cell, outcome }) => ({
    ...cell,
    id: `gke/${cell.account}/${cell.region}`,
    ...('error' in outcome ? { error: outcome.error, triedAt: Date.now() - ageMs } : { readAt: Date.now() }),
  }));
const served = (service: Service): readonly Served[] =>
  google.traffic.served.filter((call) => call.service === service);

describe('a whole run', () => {
  test('finds every cluster of every project in a call each', async () => {
    const { clusters, results, planned: count } = await discoverOnce(google.source());
    expect(clusters.map(({ id }) => id).sort()).toEqual([
      'gke/acme-analytics/us-central1-b/reports',
      'gke/acme-analytics/us-central1/trials',
      'gke/acme-shop/europe-west1/storefront-prod',
      'gke/acme-shop/europe-west1/storefront-staging',
    ]);
    expect(results).toHaveLength(count);
    expect(google.traffic.count('gke', 'ListClusters')).toBe(google.plan.projects.length);
    expect(google.traffic.count('google-oauth')).toBe(1);
    expect(find(clusters, 'storefront-staging')).toMatchObject({
      server: `https://${gkeAddresses(planned('storefront-staging')).private}`,
      version: '1.32.4-gke.1415000',
      status: 'RUNNING',
      credential: { kind: 'gke' },
      certificateAuthorityData: expect.stringMatching(/^LS0t/),
    });
  });

  test('reads labels as tags, a long one from its parts', async () => {
    const { clusters } = await discoverOnce(google.source());
    expect(find(clusters, 'storefront-staging')).toMatchObject({
      reach: { kind: 'tunnel', hostname: 'storefront-staging.k8s.acme.example', origin: 'socks' },
      environment: 'staging',
      owner: 'team-shop@acme.example',
      description: 'The web shop, a day before its customers see it',
      tagProblems: [],
    });
    expect(find(clusters, 'trials').reach).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('k8s-tunnels-hostname'),
    });
  });

  test('leads to the private address where there is one, and to the DNS endpoint last', async () => {
    planned('trials').endpoint = 'dns';
    const { clusters } = await discoverOnce(google.source());
    expect(find(clusters, 'reports').server).toBe(`https://${gkeAddresses(planned('reports')).public}`);
    const trials = find(clusters, 'trials');
    expect(trials.server).toBe(`https://${gkeAddresses(planned('trials')).dns}`);
    // Google's own front shows a certificate of a public authority.
    expect(trials.certificateAuthorityData).toBeUndefined();
  });

  test('leads to the public address where the tag asks for it', async () => {
    const [staging] = google.plan.clusters;
    if (staging === undefined) throw new Error('no cluster');
    expect(staging.endpoint).toBe('private');
    staging.labels = { ...staging.labels, 'k8s-tunnels-endpoint': 'public' };
    const { clusters } = await discoverOnce(google.source());
    expect(find(clusters, staging.name)).toMatchObject({
      server: `https://${gkeAddresses(staging).public}`,
      endpoint: 'public',
    });
  });

  test('names the cure where only a DNS endpoint is left that users cannot reach', async () => {
    planned('trials').endpoint = 'dns';
    planned('trials').closed = true;
    planned('trials').labels = { 'k8s-tunnels-connector': 'direct' };
    const { clusters } = await discoverOnce(google.source());
    expect(find(clusters, 'trials')).toMatchObject({
      server: '',
      reach: {
        kind: 'none',
        reason: expect.stringMatching(
          /DNS endpoint.*external traffic.*clusters update trials .*--enable-dns-access/,
        ),
      },
    });
  });

  test('follows the pages of the search', async () => {
    google.plan.longestPage = 2;
    const { clusters } = await discoverOnce(google.source());
    expect(clusters).toHaveLength(google.plan.clusters.length);
    expect(google.traffic.count('resource-manager', 'SearchProjects')).toBe(3);
  });

  test('of 1,000 projects reads each once', async () => {
    for (let index = 0; index < 1_000; index += 1) {
      google.plan.projects.push({ id: `team-${index}`, number: `9${index}`, gke: 'enabled' });
    }
    await discoverOnce(google.source());
    expect(new Set(served('gke').map(({ scope }) => scope)).size).toBe(google.plan.projects.length);
    expect(google.traffic.count('gke')).toBe(google.plan.projects.length);
  });
});

describe('a second run', () => {
  test('is one round trip: what is known is read while the search is still under way', async () => {
    const source = google.source();
    const { clusters, results } = await discoverOnce(source);
    google.traffic.reset();
    google.plan.projects.push({ id: 'acme-new', number: '244948974278', gke: 'enabled' });
    google.traffic.inject({ service: 'resource-manager', does: { kind: 'hold' } });
    const abort = new AbortController();
    const told = new Set<string>();
    const run = source.discover({
      signal: abort.signal,
      known: clusters,
      cells: cellsOf(results),
      asked: false,
      onPlanned() {},
      onCell({ cell }) {
        told.add(cell.account);
        if (told.size === google.plan.projects.length - 1)
          abort.abort(new Error('all that is known is told'));
      },
    });
    await expect(run).rejects.toThrow('all that is known is told');
    // The one that was remembered as switched off is not asked, and the token still holds.
    const scopes = served('gke').map(({ scope }) => scope);
    expect(scopes.sort()).toEqual(['acme-analytics/-', 'acme-finance/-', 'acme-shop/-', 'acme-website/-']);
    expect(google.traffic.count('google-oauth')).toBe(0);
  });

  test('drops a project that is gone and held nothing, and keeps one that held clusters', async () => {
    const source = google.source();
    const { clusters, results } = await discoverOnce(source);
    google.plan.projects = google.plan.projects.filter(
      ({ id }) => id !== 'acme-website' && id !== 'acme-analytics',
    );
    const again = await discoverOnce(source, clusters, { cells: cellsOf(results) });
    expect(again.results.map(({ cell }) => cell.account)).not.toContain('acme-website');
    expect(errorAt(again.results, 'acme-analytics', 'us-central1-b')).toMatchObject({ code: 'gcp-denied' });
    expect(resultAt(again.results, 'acme-analytics', '*')).toEqual({ kind: 'skipped' });
  });
});

describe('a project', () => {
  test('with the API off is an answer, remembered for a day unless a person waits', async () => {
    const source = google.source();
    const { clusters, results } = await discoverOnce(source);
    expect(resultAt(results, 'acme-mailing', '*')).toEqual({
      kind: 'not-enabled',
      error: {
        code: 'gcp-api-disabled',
        message: 'The GKE API is not enabled in project acme-mailing.',
        hint: 'If it should be, run `gcloud services enable container.googleapis.com --project acme-mailing`.',
        retryable: false,
      },
    });
    const asksAgain = async (ageMs: number, asked: boolean) => {
      google.traffic.reset();
      const again = await discoverOnce(source, clusters, { cells: cellsOf(results, ageMs), asked });
      const kind = resultAt(again.results, 'acme-mailing', '*')?.kind;
      const scopes = served('gke').map(({ scope }) => scope);
      expect(kind).toBe(scopes.includes('acme-mailing/-') ? 'not-enabled' : 'skipped');
      return kind === 'not-enabled';
    };
    expect(await asksAgain(3_600_000, false)).toBe(false);
    expect(await asksAgain(3_600_000, true)).toBe(true);
    expect(await asksAgain(25 * 3_600_000, false)).toBe(true);
    // A clock that was set back.
    expect(await asksAgain(-3_600_000, false)).toBe(true);
  });

  test('out of reach fails alone, and says who can help', async () => {
    const { results } = await discoverOnce(google.source());
    expect(errorAt(results, 'acme-finance', '*')).toEqual({
      code: 'gcp-denied',
      message: 'Your Google account may not call container.clusters.list in project acme-finance.',
      hint: 'Ask a Google Cloud administrator for the role roles/container.clusterViewer in project acme-finance.',
      retryable: false,
    });
    expect(resultAt(results, 'acme-shop', 'europe-west1')?.kind).toBe('listed');
  });

  test.each([
    ['SECURITY_POLICY_VIOLATED', 'VPC Service Controls of your organisation refuse', 'service perimeter'],
    ['CONSUMER_SUSPENDED', 'Google has suspended', 'Ask the owner of the project'],
    ['ORG_RESTRICTION_VIOLATION', '(ORG_RESTRICTION_VIOLATION)', 'another role may not help'],
  ])('refused with %s is not told to ask for a role', async (reason, message, hint) => {
    google.plan.projects.push({ id: 'acme-vault', number: '577215664901', gke: 'enabled', refuses: reason });
    const { results } = await discoverOnce(google.source());
    expect(errorAt(results, 'acme-vault', '*')).toMatchObject({
      code: 'gcp-denied',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(errorAt(results, 'acme-vault', '*')?.message).toContain('in project acme-vault');
    expect(errorAt(results, 'acme-vault', '*')?.hint).not.toContain('roles/');
  });

  test('without billing is an answer, as one without the API is', async () => {
    const refuses = 'BILLING_DISABLED';
    google.plan.projects.push({ id: 'acme-trial', number: '577215664901', gke: 'enabled', refuses });
    const { results } = await discoverOnce(google.source());
    expect(resultAt(results, 'acme-trial', '*')).toMatchObject({
      kind: 'not-enabled',
      error: { code: 'gcp-api-disabled', hint: expect.stringContaining('link a billing account') },
    });
  });

  test('over its quota is asked again, as soon as Google allows', async () => {
    google.traffic.inject({
      service: 'gke',
      scope: 'acme-shop',
      times: 2,
      does: { kind: 'throttle', retryAfterSeconds: 1 },
    });
    const pauses: number[] = [];
    const clock: Clock = { ...systemClock, sleep: async (ms) => void pauses.push(ms) };
    const { clusters } = await discoverOnce(google.source(google.env, clock));
    expect(pauses).toEqual([1_000, 1_000]);
    expect(served('gke').filter(({ scope }) => scope === 'acme-shop/-')).toHaveLength(3);
    expect(find(clusters, 'storefront-prod').stale).toBe(false);
  });

  test('that stays over its quota, or is told to wait long, fails alone and may be tried again', async () => {
    google.traffic.inject({ service: 'gke', scope: 'acme-shop', does: { kind: 'throttle' } });
    google.traffic.inject({
      service: 'gke',
      scope: 'acme-analytics',
      does: { kind: 'throttle', retryAfterSeconds: 60 },
    });
    const { results } = await discoverOnce(google.source());
    for (const project of ['acme-shop', 'acme-analytics']) {
      expect(errorAt(results, project, '*')).toMatchObject({ code: 'gcp-throttled', retryable: true });
    }
    expect(served('gke').filter(({ scope }) => scope === 'acme-shop/-')).toHaveLength(4);
    expect(served('gke').filter(({ scope }) => scope === 'acme-analytics/-')).toHaveLength(1);
    expect(resultAt(results, 'acme-website', '*')?.kind).toBe('listed');
  });

  test('is asked again after a server error and after a connection that broke', async () => {
    google.traffic.inject({ service: 'gke', scope: 'acme-shop', times: 1, does: { kind: 'error' } });
    google.traffic.inject({ service: 'gke', scope: 'acme-analytics', times: 1, does: { kind: 'drop' } });
    const { clusters } = await discoverOnce(google.source());
    expect(clusters).toHaveLength(google.plan.clusters.length);
  });
});

describe('into the catalog', () => {
  const into = () => discoveryInto(path.join(google.home, 'state', 'catalog'), [google.source()]);
  const stale = (clusters: readonly Cluster[]) =>
    clusters
      .filter((cluster) => cluster.stale)
      .map(({ name }) => name)
      .sort();

  test('a zone that is missing makes what lies there stale, with its region, and removes nothing', async () => {
    const { catalog, discovery } = await into();
    await discovery.run();
    const before = catalog.clusters().length;
    google.plan.missingZones = ['us-central1-b'];
    await discovery.run();
    expect(catalog.clusters()).toHaveLength(before);
    expect(stale(catalog.clusters())).toEqual(['reports', 'trials']);
    const cell = catalog.cells().find(({ id }) => id === 'gke/acme-analytics/us-central1-b');
    expect(cell?.error).toMatchObject({ code: 'gcp-failed', retryable: true });
    expect(cell?.error?.message).toContain('us-central1-b');
    google.plan.missingZones = [];
    await discovery.run();
    expect(stale(catalog.clusters())).toEqual([]);
    await catalog.close();
  });

  test('a cluster that is deleted goes, with the cell of its location', async () => {
    const { catalog, discovery } = await into();
    await discovery.run();
    google.plan.clusters = google.plan.clusters.filter(({ name }) => name !== 'reports');
    await discovery.run();
    expect(catalog.clusters().map(({ name }) => name)).not.toContain('reports');
    await discovery.run();
    expect(catalog.cells().map(({ id }) => id)).not.toContain('gke/acme-analytics/us-central1-b');
    await catalog.close();
  });

  test('a session that ended makes all stale, and the projects stay known', async () => {
    const first = await into();
    await first.discovery.run();
    const projects = () => first.catalog.cells().filter(({ region }) => region === '*').length;
    const before = projects();
    google.gcp.signIns.end(google.credentials.refresh_token, 'revoked');
    await first.catalog.close();
    // A new start: the token in memory is gone.
    const second = await into();
    await second.discovery.run();
    expect(stale(second.catalog.clusters())).toHaveLength(google.plan.clusters.length);
    expect(second.catalog.cells().filter(({ region }) => region === '*')).toHaveLength(before);
    expect(second.catalog.cells().find(({ id }) => id === 'gke/acme-shop/europe-west1')?.error).toEqual({
      code: 'gcp-session-expired',
      message: 'Your Google session has expired or was revoked.',
      hint: 'Run `k8s-tunnels login gcp`, or `gcloud auth application-default login`.',
      retryable: false,
    });
    await google.write(google.gcp.signIn());
    await second.discovery.run();
    expect(stale(second.catalog.clusters())).toEqual([]);
    expect(second.catalog.cells().some(({ account }) => account === '*')).toBe(false);
    await second.catalog.close();
  });
});

describe('signing in', () => {
  test('a session that ended before anything is known is one line', async () => {
    google.gcp.signIns.end(google.credentials.refresh_token, 'reauth');
    const { results } = await discoverOnce(google.source());
    expect(results).toHaveLength(1);
    expect(errorAt(results, '*', '*')).toMatchObject({ code: 'gcp-session-expired' });
    expect(google.traffic.count('gke')).toBe(0);
  });

  test('a token that Google takes no more is given up for a new one at the next run', async () => {
    const source = google.source();
    const { clusters, results } = await discoverOnce(source);
    google.gcp.signIns.dropAccessTokens();
    const refused = await discoverOnce(source, clusters, { cells: cellsOf(results) });
    expect(errorAt(refused.results, 'acme-shop', 'europe-west1')).toMatchObject({
      code: 'gcp-session-expired',
    });
    const renewed = await discoverOnce(source, clusters, { cells: cellsOf(results) });
    expect(resultAt(renewed.results, 'acme-shop', 'europe-west1')?.kind).toBe('listed');
  });

  test('as a service account', async () => {
    const account = google.gcp.createServiceAccount('ci');
    await google.write(account);
    // It pays from its own project.
    const source = google.source({ ...google.env, GOOGLE_CLOUD_QUOTA_PROJECT: 'acme-shop' });
    expect((await discoverOnce(source)).clusters).toHaveLength(google.plan.clusters.length);
    google.gcp.signIns.deleteKey(account.client_email);
    const { results } = await discoverOnce(google.source());
    expect(errorAt(results, '*', '*')).toMatchObject({
      code: 'gcp-failed',
      hint: 'Its key may have been deleted: ask for a new one.',
    });
  });

  describe('by a kind that Google’s library warns of on the console', () => {
    beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
    afterEach(() => vi.restoreAllMocks());

    test('as a service account that the person impersonates', async () => {
      const impersonated = {
        type: 'impersonated_service_account',
        service_account_impersonation_url: `${google.gcp.url}v1/projects/-/serviceAccounts/ci@acme-shop.iam.gserviceaccount.com:generateAccessToken`,
        source_credentials: google.credentials,
        token_uri: google.gcp.tokenUri,
        quota_project_id: 'acme-shop',
      };
      await google.write(impersonated);
      expect((await discoverOnce(google.source())).clusters).toHaveLength(google.plan.clusters.length);
      google.gcp.signIns.end(google.credentials.refresh_token, 'revoked');
      const { results } = await discoverOnce(google.source());
      expect(errorAt(results, '*', '*')).toMatchObject({ code: 'gcp-session-expired' });
    });

    test('by the token of another identity provider', async () => {
      const file = path.join(google.home, 'subject-token');
      await writeFile(file, google.gcp.signIns.issueSubjectToken('ci'));
      await google.write({
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${google.gcp.url}v1/token`,
        credential_source: { file },
        quota_project_id: 'acme-shop',
      });
      expect((await discoverOnce(google.source())).clusters).toHaveLength(google.plan.clusters.length);
      await writeFile(file, 'ended');
      const { results } = await discoverOnce(google.source());
      expect(errorAt(results, '*', '*')).toMatchObject({ code: 'gcp-failed' });
      expect(JSON.stringify(results)).not.toContain('ended');
    });
  });

  describe('by workload identity', () => {
    const workload = (more: object) => ({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.gcp.url}v1/token`,
      quota_project_id: 'acme-shop',
      ...more,
    });
    /** A source over a network in which the token service fails so; `asked` are the limits of its requests. */
    const failing = (failure: (url: URL, ms: number) => Error) => {
      const asked: number[] = [];
      const request: Network['request'] = async (url, options) => {
        if (url.pathname !== '/v1/token') return google.network.request(url, options);
        asked.push(options?.timeoutMs ?? 20_000);
        throw failure(url, options?.timeoutMs ?? 20_000);
      };
      const { env, home } = google;
      const network = { ...google.network, request };
      return { asked, source: createGkeSource({ env, home, network, clock: systemClock }) };
    };
    beforeEach(async () => {
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const file = path.join(google.home, 'subject-token');
      await writeFile(file, google.gcp.signIns.issueSubjectToken('ci'));
      await google.write(workload({ credential_source: { file } }));
    });
    afterEach(() => vi.restoreAllMocks());

    test.each([
      ['is silent', timeoutError, 'timeout', /did not answer within 10 s/],
      [
        'is closed',
        (url: URL) => networkError(url, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
        'network-unreachable',
        /ECONNREFUSED/,
      ],
    ])('a token service that %s is asked once, and is named', async (_, failure, code, words) => {
      const { asked, source } = failing(failure);
      const { results } = await discoverOnce(source);
      expect(errorAt(results, '*', '*')).toMatchObject({
        code,
        message: expect.stringContaining(new URL(google.gcp.url).host),
      });
      expect(errorAt(results, '*', '*')?.message).toMatch(words);
      expect(asked).toEqual([10_000]);
    });

    test('a program that may not run is named, with the variable that allows it', async () => {
      const program = path.join(google.home, 'program');
      const token = google.gcp.signIns.issueSubjectToken('ci');
      const answer = JSON.stringify({
        version: 1,
        success: true,
        token_type: 'urn:ietf:params:oauth:token-type:jwt',
        id_token: token,
        expiration_time: Math.floor(Date.now() / 1_000) + 3_600,
      });
      await writeFile(program, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o700 });
      await google.write(workload({ credential_source: { executable: { command: program } } }));
      expect(errorAt((await discoverOnce(google.source())).results, '*', '*')).toMatchObject({
        code: 'gcp-failed',
        message: expect.stringContaining('run a program, which is not allowed'),
        hint: expect.stringContaining('GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1'),
      });
      // The library reads the environment of the process.
      vi.stubEnv('GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES', '1');
      const env = { ...google.env, GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' };
      try {
        expect((await discoverOnce(google.source(env))).clusters).toHaveLength(google.plan.clusters.length);
      } finally {
        vi.unstubAllEnvs();
      }
    });
  });

  test('a file named by GOOGLE_APPLICATION_CREDENTIALS counts, and must exist', async () => {
    const file = path.join(google.home, 'credentials.json');
    const env = { ...google.env, CLOUDSDK_CONFIG: '/nowhere', GOOGLE_APPLICATION_CREDENTIALS: file };
    expect(errorAt((await discoverOnce(google.source(env))).results, '*', '*')).toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining(file),
    });
    await writeFile(file, JSON.stringify(google.gcp.signIn()));
    expect((await discoverOnce(google.source(env))).clusters).toHaveLength(google.plan.clusters.length);
  });

  test.each([
    ['no JSON', '{"type": "authorized_user", "refresh_token": "geheim"'],
    ['a kind that nobody knows', '{"type": "carrier_pigeon", "refresh_token": "geheim"}'],
    ['half of what its kind needs', '{"type": "authorized_user", "refresh_token": "geheim"}'],
  ])('a file with %s is told without its content', async (_, content) => {
    const file = path.join(google.home, 'credentials.json');
    await writeFile(file, content);
    const { results } = await discoverOnce(
      google.source({ ...google.env, GOOGLE_APPLICATION_CREDENTIALS: file }),
    );
    expect(errorAt(results, '*', '*')).toMatchObject({
      code: 'gcp-failed',
      message: expect.stringContaining(file),
    });
    expect(JSON.stringify(results)).not.toContain('geheim');
  });

  test('no credentials are nothing to read', async () => {
    const home = path.join(google.home, 'empty');
    await mkdir(home);
    const source = createGkeSource({ env: {}, home, network: google.network, clock: systemClock });
    expect(await discoverOnce(source)).toEqual({ results: [], planned: 0, clusters: [] });
    expect(google.traffic.count()).toBe(0);
  });

  test('no secret is in any result', async () => {
    const { results } = await discoverOnce(google.source());
    google.gcp.signIns.end(google.credentials.refresh_token, 'revoked');
    const failed = await discoverOnce(google.source());
    const text = JSON.stringify([results, failed.results]);
    for (const secret of [google.credentials.refresh_token, google.credentials.client_secret, 'ya29.']) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("the organisation's projects", () => {
  const only = (...projects: readonly string[]) => google.source(undefined, undefined, projects);
  const read = () => [...new Set(served('gke').map(({ scope }) => scope.split('/')[0]))].sort();

  test('are all that is read, by name or by a part of it', async () => {
    const { clusters } = await discoverOnce(only('acme-sh*p', '*lytics'));
    expect(read()).toEqual(['acme-analytics', 'acme-shop']);
    expect(clusters).toHaveLength(4);
    google.traffic.reset();
    await discoverOnce(only('acme.shop', 'shop'));
    expect(read()).toEqual(['acme.shop', 'shop']);
  });

  test('named in full are read without waiting for the search; one out of reach is none', async () => {
    const lift = google.traffic.inject({ service: 'resource-manager', does: { kind: 'deny' } });
    const { results } = await discoverOnce(only('acme-shop'));
    expect(results.map(({ cell }) => cell.account)).toEqual(['acme-shop', 'acme-shop']);
    lift();
    const { results: others } = await discoverOnce(only('acme-shop', 'elsewhere'));
    expect(new Set(others.map(({ cell }) => cell.account))).toEqual(new Set(['acme-shop']));
  });

  test('take the clusters of all others along', async () => {
    const file = path.join(google.home, 'catalog');
    const first = await discoveryInto(file, [google.source()]);
    await first.discovery.run();
    await first.catalog.close();
    const second = await discoveryInto(file, [only('acme-shop')]);
    await second.discovery.run();
    expect(second.catalog.clusters().map(({ account, stale }) => [account, stale])).toEqual([
      ['acme-shop', false],
      ['acme-shop', false],
    ]);
    expect(second.catalog.cells().filter(({ error }) => error !== undefined)).toEqual([]);
  });
});

describe('the search for projects', () => {
  test('that is denied is one failure, and what is known is read all the same', async () => {
    const source = google.source();
    const { clusters, results } = await discoverOnce(source);
    google.traffic.inject({ service: 'resource-manager', does: { kind: 'deny' } });
    const again = await discoverOnce(source, clusters, { cells: cellsOf(results) });
    expect(errorAt(again.results, '*', '*')).toMatchObject({ code: 'gcp-denied' });
    expect(again.clusters).toHaveLength(google.plan.clusters.length);
  });

  test.each([
    ['old-proj', 'USER_PROJECT_DENIED'],
    ['Not A Project', 'HTTP 400'],
  ])(
    'billed to the quota project %s, which Google does not accept, names it and how to change it',
    async (project, reason) => {
      const hintOf = async (env = google.env) => {
        const { results } = await discoverOnce(google.source(env));
        const error = errorAt(results, '*', '*');
        if (error === undefined) return undefined;
        expect(error).toMatchObject({
          code: 'gcp-denied',
          message: `Google does not let you use the quota project ${project} (${reason}).`,
          hint: expect.stringContaining(`roles/serviceusage.serviceUsageConsumer in project ${project}`),
        });
        return error.hint;
      };
      await google.write({ ...google.credentials, quota_project_id: project });
      expect(await hintOf()).toContain('`gcloud auth application-default set-quota-project PROJECT`');

      // The variable goes before the file, so the hint names what changes the outcome.
      expect(await hintOf({ ...google.env, GOOGLE_CLOUD_QUOTA_PROJECT: 'acme-shop' })).toBeUndefined();
      await google.write({ ...google.credentials, quota_project_id: 'acme-shop' });
      expect(await hintOf({ ...google.env, GOOGLE_CLOUD_QUOTA_PROJECT: project })).toContain(
        'Change GOOGLE_CLOUD_QUOTA_PROJECT',
      );
      const file = path.join(google.home, 'elsewhere.json');
      await writeFile(file, JSON.stringify({ ...google.credentials, quota_project_id: project }));
      expect(await hintOf({ ...google.env, GOOGLE_APPLICATION_CREDENTIALS: file })).toContain(
        `Change quota_project_id in ${file}`,
      );
      expect(await hintOf()).toBeUndefined();
    },
  );

  test('that no project pays for says how to name one; the project of the environment is read without it', async () => {
    await google.write({ ...google.credentials, quota_project_id: undefined });
    const env = { ...google.env, GOOGLE_CLOUD_PROJECT: 'acme-shop' };
    const { results, clusters } = await discoverOnce(google.source(env));
    expect(errorAt(results, '*', '*')).toMatchObject({
      code: 'gcp-failed',
      message: expect.stringContaining('no quota project'),
      hint: expect.stringContaining('set-quota-project'),
    });
    expect(clusters.map(({ account }) => account)).toEqual(['acme-shop', 'acme-shop']);
  });

  test('whose second page fails keeps what the first one told', async () => {
    google.plan.longestPage = 2;
    google.traffic.inject({ service: 'resource-manager', scope: 'Mg', does: { kind: 'error' } });
    const { results } = await discoverOnce(google.source());
    expect(errorAt(results, '*', '*')).toMatchObject({ code: 'gcp-failed', retryable: true });
    expect(resultAt(results, 'acme-shop', 'europe-west1')?.kind).toBe('listed');
  });
});

test('a network that is down is told as such', async () => {
  const network = createNetwork({});
  await google.write({ ...google.credentials, token_uri: 'http://127.0.0.1:1/token' });
  const source = createGkeSource({ env: google.env, home: google.home, network, clock: systemClock });
  const { results } = await discoverOnce(source);
  expect(errorAt(results, '*', '*')).toMatchObject({ code: 'network-unreachable', retryable: true });
});

test('an address in gcloud’s settings that is none names the setting', async () => {
  const env = { ...google.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: 'container' };
  const { results } = await discoverOnce(google.source(env));
  expect(errorAt(results, 'acme-shop', '*')).toMatchObject({
    code: 'bad-input',
    hint: expect.stringContaining('CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER'),
  });
});

test('a cancelled run rejects, tells nothing more and asks for nothing more', async () => {
  google.traffic.inject({ service: 'gke', does: { kind: 'latency', ms: 200 } });
  const abort = new AbortController();
  const told: string[] = [];
  const run = google.source().discover({
    signal: abort.signal,
    known: [],
    cells: [],
    asked: false,
    onPlanned: () => abort.abort(new Error('enough')),
    onCell: ({ cell }) => void told.push(cell.account),
  });
  await expect(run).rejects.toThrow('enough');
  expect(told).toEqual([]);
  expect(google.traffic.count('gke')).toBe(0);
});

test('a cancelled run takes its calls back', async () => {
  google.traffic.inject({ service: 'gke', does: { kind: 'hold' } });
  const abort = new AbortController();
  const run = google.source({ ...google.env, GOOGLE_CLOUD_PROJECT: 'acme-shop' }).discover({
    signal: abort.signal,
    known: [],
    cells: [],
    asked: false,
    onPlanned() {},
    onCell() {},
  });
  await vi.waitUntil(() => google.traffic.count('gke') > 0);
  abort.abort(new Error('enough'));
  await expect(run).rejects.toThrow('enough');
});

test('an answer in Google’s place, as a portal gives it, removes nothing', async () => {
  const portal = http.createServer((_, response) => response.end('<h1>Welcome to our network</h1>'));
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  const { port } = portal.address() as AddressInfo;
  const env = { ...google.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: `http://127.0.0.1:${port}` };
  const { results } = await discoverOnce(google.source(env));
  expect(errorAt(results, 'acme-shop', '*')).toMatchObject({ code: 'gcp-failed', retryable: true });
  google.network.reset();
  portal.closeAllConnections();
  await new Promise((resolve) => portal.close(resolve));
});

test('every request goes through the proxy of the environment', async () => {
  const seen: string[] = [];
  const proxy = http.createServer((request, response) => {
    const { host, pathname, search } = new URL(request.url ?? '');
    seen.push(`${request.method} ${host}`);
    const { method, headers } = request;
    const onward = http.request(
      new URL(`${pathname}${search}`, google.gcp.url),
      { method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const env = {
    ...google.env,
    HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    CLOUDSDK_AUTH_TOKEN_HOST: 'http://oauth2.invalid/token',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: 'http://container.invalid/',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: 'http://resources.invalid/',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEHUB: 'http://hub.invalid/',
  };
  const network = createNetwork(env);
  const source = createGkeSource({ env, home: google.home, network, clock: systemClock });
  expect((await discoverOnce(source)).clusters).toHaveLength(google.plan.clusters.length);
  expect(new Set(seen)).toEqual(
    new Set(['POST oauth2.invalid', 'GET resources.invalid', 'GET container.invalid', 'GET hub.invalid']),
  );
  network.reset();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

test('by Google’s own addresses, every request goes through a tunnel of the proxy, by the authorities of this computer', async () => {
  const authority = await createAuthority('Acme, which inspects TLS');
  const hosts = ['oauth2', 'cloudresourcemanager', 'container', 'gkehub'].map(
    (name) => `${name}.googleapis.com`,
  );
  const { certificate, key } = await authority.issueServer(hosts);
  const front = https.createServer({ cert: certificate, key }, (request, response) => {
    const { method, headers, url } = request;
    const onward = http.request(new URL(url ?? '', google.gcp.url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const frontPort = (front.address() as AddressInfo).port;
  const proxy = await startProxy({ traffic: google.traffic, edgePort: frontPort, hosts });
  const { token_uri: _, ...credentials } = google.credentials;
  await google.write(credentials);
  const env = { CLOUDSDK_CONFIG: google.env.CLOUDSDK_CONFIG, HTTPS_PROXY: proxy.url };
  const source = (network: Network) =>
    createGkeSource({ env, home: google.home, network, clock: systemClock });

  const stranger = createNetwork(env);
  expect(errorAt((await discoverOnce(source(stranger))).results, '*', '*')).toMatchObject({
    code: 'network-untrusted',
  });
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, authority.certificate]);
  const network = createNetwork(env);
  try {
    google.traffic.reset();
    expect((await discoverOnce(source(network))).clusters).toHaveLength(google.plan.clusters.length);
    expect(new Set(served('proxy').map(({ scope }) => scope))).toEqual(
      new Set(hosts.map((host) => `${host}:443`)),
    );
  } finally {
    setDefaultCACertificates(before);
    network.reset();
    stranger.reset();
    await proxy.close();
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
  }
});
