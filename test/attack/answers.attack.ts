import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../world/authority.ts';
import { startWorld, type World } from '../world/world.ts';
import {
  compressed,
  crumbs,
  endless,
  type Front,
  type Hostility,
  manyValues,
  startDetour,
  startFront,
} from './hostile-front.ts';
import { largestCost, type MeasuredAgent, startMeasuredAgent } from './measured-agent.ts';

const resourceManager = 'management.azure.com';

interface Discovered {
  readonly clusters: number;
  readonly failed: readonly {
    readonly source: string;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

let world: World;
let agent: MeasuredAgent;
let aws: Front;
let google: Front;
let vault: Front;
let azure: Front;
let detour: Awaited<ReturnType<typeof startDetour>>;
const detours = new Map<string, number>();
const cleanups: (() => unknown)[] = [];
let healthy: Discovered;

beforeAll(async () => {
  world = await startWorld();
  const authority = await createAuthority('Hostile Root CA');
  [aws, google, vault, azure] = await Promise.all([
    startFront(world.aws.url),
    startFront(world.gcp.url),
    startFront(world.vault.url),
    startFront(undefined, await authority.issueServer([resourceManager])),
  ]);
  detour = await startDetour(world.proxy.url, detours);
  cleanups.push(aws.close, google.close, vault.close, azure.close, detour.close);
  const [tenant] = world.plan.azure.tenants;
  const { id, secret } = world.plan.azure.application;
  agent = await startMeasuredAgent(world, authority.certificate, {
    AWS_ENDPOINT_URL: aws.url,
    VAULT_ADDR: vault.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: google.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: google.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEHUB: google.url,
    HTTPS_PROXY: detour.url,
    AZURE_TENANT_ID: tenant?.id ?? '',
    AZURE_CLIENT_ID: id,
    AZURE_CLIENT_SECRET: secret,
  });
  healthy = await discover();
  // The first one loads every SDK: what a later one takes is the answers' alone.
  healthy = await discover();
});
afterAll(async () => {
  await agent?.commandLine.stop();
  for (const cleanup of cleanups) cleanup();
  await world?.close();
});

const discover = () => agent.tunnels<Discovered>('discover');

describe.skipIf(process.platform !== 'linux')('answers of a hostile server', () => {
  const cases: readonly (readonly [string, () => Front, Hostility, string, RegExp])[] = [
    ['AWS that does not end', () => aws, endless, 'eks', /^127\.0\.0\.1:\d+ sent an answer /],
    ['AWS in pieces of a byte', () => aws, crumbs, 'eks', /sent an answer in pieces of a few bytes/],
    ['Google that does not end', () => google, endless, 'gke', /^127\.0\.0\.1:\d+ sent an answer /],
    ['Google with millions of values', () => google, manyValues, 'gke', /^127\.0\.0\.1:\d+ sent an answer /],
    [
      'Vault that decompresses without end',
      () => vault,
      compressed,
      'vault',
      /^127\.0\.0\.1:\d+ sent an answer /,
    ],
    [
      'Azure that decompresses without end',
      () => azure,
      compressed,
      'aks',
      /^management\.azure\.com sent an answer /,
    ],
  ];
  test.each(cases)(
    'of %s costs 100 MB at most, says so, and leaves the others',
    async (_, front, hostility, source, says) => {
      expect(
        healthy.failed.filter(
          (cell) => cell.source === source && /sent an answer/.test(cell.error?.message ?? ''),
        ),
      ).toEqual([]);
      const { result: attacked, cost } = await agent.measure(async () => {
        front().turn(hostility);
        if (source === 'aks') {
          detours.set(resourceManager, front().port);
          // A connection that was kept would lead to the truth.
          detour.drop();
        }
        try {
          return await discover();
        } finally {
          front().turn(undefined);
          detours.clear();
          detour.drop();
        }
      });
      const own = attacked.failed.filter((cell) => cell.source === source);
      expect(own.length).toBeGreaterThan(0);
      expect(own.map(({ error }) => error?.message)).toContainEqual(expect.stringMatching(says));
      const others = (run: Discovered) => run.failed.filter((cell) => cell.source !== source).length;
      expect(others(attacked)).toBe(others(healthy));
      // What was known of the hostile source stays.
      expect(attacked.clusters).toBe(healthy.clusters);
      expect(cost).toBeLessThan(largestCost);
    },
  );
});
