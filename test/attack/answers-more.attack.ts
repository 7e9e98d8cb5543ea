import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { createAuthority } from '../world/authority.ts';
import { defaultPlan, eksEndpointHost } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import {
  compressed,
  type Detour,
  endless,
  endlessHeaders,
  type Front,
  type Hostility,
  startDetour,
  startFront,
} from './hostile-front.ts';
import { largestCost, type MeasuredAgent, startMeasuredAgent } from './measured-agent.ts';

const patience = { timeout: 20_000, interval: 50 };
/** Connected all the time, over the true edge: the attacks must not disturb it. */
const bystander = 'payments-staging-eu';
const fresh = 'tools.k8s.acme.example';
const connected = 'ledger-prod.k8s.acme.example';
const otherTeam = 'other.cloudflareaccess.com';
const setupHost = 'setup.acme.example';
const kubeCluster = defaultPlan.eks.filter(({ name }) => name === 'search-staging');
const kubeHost = kubeCluster.map(eksEndpointHost).join().toLowerCase();

interface Status {
  readonly agent: Output<'snapshot'>['agent'];
  readonly tunnels: readonly (Output<'snapshot'>['tunnels'][number] & { readonly title: string })[];
}

let world: World;
let agent: MeasuredAgent;
/** In the place of the edge, of a team domain and of the host of a set-up, where `detours` leads to it. */
let edge: Front;
let kube: Front;
let feed: Front;
let detour: Detour;
const detours = new Map<string, number>();
const cleanups: (() => unknown)[] = [];

const ready: Hostility = (response) => response.end('ok');

beforeAll(async () => {
  const authority = await createAuthority('Hostile Root CA');
  const clusterAuthority = await createAuthority('search-staging-ca');
  [edge, kube] = await Promise.all([
    startFront(undefined, await authority.issueServer([fresh, connected, otherTeam, setupHost])),
    startFront(undefined, await clusterAuthority.issueServer([kubeHost])),
  ]);
  kube.turn(ready);
  const api = {
    port: kube.port,
    authority: clusterAuthority,
    mintToken: () => '',
    issueClient: clusterAuthority.issueClient,
  };
  world = await startWorld({ releases: true, standIns: new Map([['search-staging', api]]) });
  feed = await startFront(world.releases?.url);
  detour = await startDetour(world.proxy.url, detours);
  cleanups.push(edge.close, kube.close, feed.close, detour.close);
  const managed = world.env.K8S_TUNNELS_MANAGED_CONFIG ?? '';
  const organisation = await readFile(managed, 'utf8');
  await writeFile(managed, organisation.replace(world.releases?.url ?? '', feed.url));
  agent = await startMeasuredAgent(world, authority.certificate, { HTTPS_PROXY: detour.url });
  await agent.tunnels('discover');
  await agent.tunnels('connect', '--add', bystander, 'ledger-prod', 'search-staging');
});
afterAll(async () => {
  await agent?.commandLine.stop();
  for (const cleanup of cleanups) cleanup();
  await world?.close();
});

const status = () => agent.tunnels<Status>('status');
const connect = (title: string) => agent.tunnels('connect', '--add', title);
const stateOf = ({ tunnels }: Status, title: string) => tunnels.find((one) => one.title === title)?.state;

/** Leads `hosts` to the hostile edge while `work` runs; connections that were kept would lead to the truth. */
async function atHostileEdge<T>(
  hosts: readonly string[],
  hostility: Hostility,
  work: () => Promise<T>,
): Promise<T> {
  edge.turn(hostility);
  for (const host of hosts) detours.set(host, edge.port);
  for (const host of hosts) detour.drop(host);
  try {
    return await work();
  } finally {
    for (const host of hosts) detours.delete(host);
    for (const host of hosts) detour.drop(host);
  }
}

/** Asserts that `work` costs little, and disturbs neither the agent nor the other cluster. */
async function harmless<T>(work: () => Promise<T>): Promise<T> {
  const before = await status();
  const { result, cost } = await agent.measure(work);
  const after = await status();
  expect(after.agent).toMatchObject({ pid: agent.pid, startedAt: before.agent.startedAt });
  const state = stateOf(before, bystander);
  if (state?.status !== 'connected') throw new Error(`${bystander} is not connected`);
  expect(stateOf(after, bystander)).toMatchObject({ status: 'connected', since: state.since });
  const { kubectl = 'kubectl', run } = agent.commandLine;
  const listed = await run(kubectl, ['--context', bystander, 'get', 'ns', '-o', 'name']);
  expect(listed.stdout).toContain('namespace/payments-staging');
  expect(cost).toBeLessThan(largestCost);
  return result;
}

/** What connecting a cluster fails with. */
async function connectFailure(title: string): Promise<string> {
  const { run, bin } = agent.commandLine;
  const { stdout } = await run(path.join(bin, 'k8s-tunnels'), ['connect', '--add', title, '--json']);
  return stdout;
}

describe.skipIf(process.platform !== 'linux')('hostile answers', () => {
  test.each([
    ['does not end', endless],
    ['decompresses without end', compressed],
    ['has headers without end', endlessHeaders],
  ])('an Access application whose description %s is refused', async (_, hostility) => {
    const failure = await harmless(() => atHostileEdge([fresh], hostility, () => connectFailure('tools')));
    expect(failure).toMatch(/tools\.k8s\.acme\.example sent an answer /);
  });

  test.each([
    ['do not end', endless],
    ['decompress without end', compressed],
  ])('the keys of an Access team that %s are refused', async (_, hostility) => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const description = [part({ alg: 'RS256', kid: 'x' }), part({ auth_domain: otherTeam }), 'x'].join('.');
    const failure = await harmless(() =>
      atHostileEdge(
        [fresh, otherTeam],
        (response) => {
          if (response.req.headers.host === otherTeam) return hostility(response);
          response.writeHead(200, { 'cf-access-metadata': description }).end();
        },
        () => connectFailure('tools'),
      ),
    );
    expect(failure).toMatch(/other\.cloudflareaccess\.com sent an answer larger than 1 MB/);
  });

  test.each([
    ['a body without end', endless, 'answered HTTP 200 instead of opening a tunnel'],
    ['a compression bomb', compressed, 'answered HTTP 200 instead of opening a tunnel'],
    ['headers without end', endlessHeaders, 'sent an answer that is not valid HTTP'],
  ])('%s in place of a tunnel ends that tunnel', async (_, hostility, says) => {
    await connect('ledger-prod');
    await harmless(() =>
      atHostileEdge([connected], hostility, async () => {
        // Probes it at once.
        await connectFailure('ledger-prod');
        await vi.waitFor(async () => {
          expect(stateOf(await status(), 'ledger-prod')).toMatchObject({
            failure: { error: { message: expect.stringContaining(`${connected} ${says}`) } },
          });
        }, patience);
      }),
    );
  });

  test.each([
    ['a body without end', endless],
    ['a compression bomb', compressed],
    ['headers without end', endlessHeaders],
  ])('an API server that answers /readyz with %s is reported, through its tunnel', async (_, hostility) => {
    const state = async () => stateOf(await status(), 'search-staging');
    await vi.waitFor(async () => expect(await state()).toMatchObject({ status: 'connected' }), patience);
    await harmless(async () => {
      kube.turn(hostility);
      try {
        // Probes it at once.
        await connect('search-staging');
        await vi.waitFor(async () => {
          expect(await state()).toMatchObject({
            status: 'degraded',
            failure: {
              stage: 'readyz',
              error: { message: expect.stringMatching(`^(?:.* )?${kubeHost}:443 sent an answer `) },
            },
          });
        }, patience);
      } finally {
        kube.turn(ready);
      }
    });
    await connect('search-staging');
  });

  test.each([
    ['does not end', endless],
    ['decompresses without end', compressed],
  ])('a release feed that %s is refused, and asked again', async (_, hostility) => {
    const log = path.join(pathsFrom(agent.commandLine.env).state, 'agent.log');
    const refusals = async () =>
      (await readFile(log, 'utf8')).split(`${new URL(feed.url).host} sent an answer larger than 256 KB.`)
        .length;
    await harmless(async () => {
      const before = await refusals();
      feed.turn(hostility);
      try {
        await vi.waitFor(async () => expect(await refusals()).toBeGreaterThan(before + 1), patience);
      } finally {
        feed.turn(undefined);
      }
    });
  });

  test.each([
    ['does not end', endless],
    ['decompresses without end', compressed],
  ])('a set-up address whose answer %s is refused', async (_, hostility) => {
    const { run, bin } = agent.commandLine;
    const { code, stderr } = await harmless(() =>
      atHostileEdge([setupHost], hostility, () =>
        run(path.join(bin, 'k8s-tunnels'), ['setup', `https://${setupHost}/acme.yaml`, '--yes']),
      ),
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain(`${setupHost} sent an answer larger than 1 MB.`);
  });
});
