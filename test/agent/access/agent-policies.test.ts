import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { createHandlers } from '../../../main/api/handlers.ts';
import type { Change } from '../../../main/model/agent-view.ts';
import { startAgent } from '../../support/start-agent.ts';
import { deniedHost, groupHost, postureHost, tcpHost } from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

const { signal } = new AbortController();
const clusters = { open: tcpHost, lake: deniedHost, people: groupHost, vault: postureHost };

let rig: Rig;
let agent: Agent;
beforeEach(async () => {
  rig = await startRig();
  await start();
});
afterEach(async () => {
  await agent.close();
  await rig.close();
});

async function start() {
  const env = {
    HOME: rig.world.home,
    HTTPS_PROXY: rig.world.proxy.url,
    SSL_CERT_FILE: rig.world.authorityFile,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const paths = pathsFrom(env, 'linux');
  const list = path.join(rig.world.home, 'clusters.yaml');
  const entries = Object.entries(clusters).map(
    ([name, hostname]) =>
      `- {name: ${name}, server: "https://10.0.0.1:443", tags: {hostname: ${hostname}, origin: tcp}}\n`,
  );
  await mkdir(paths.config, { recursive: true });
  await writeFile(list, entries.join(''));
  await writeFile(path.join(paths.config, 'settings.json'), JSON.stringify({ clusterFiles: [list] }));
  trustAuthorities({ env });
  agent = await startAgent({ env, paths });
  agent.changeSettings({ clusterFiles: [list] });
  await agent.discover();
}

const signIn = () => rig.access.token(tcpHost, { interactive: true, signal });
const idOf = (title: string) => {
  const found = agent.snapshot().clusters.find((one) => one.title === title);
  if (found === undefined) throw new Error(`no cluster ${title}`);
  return found.id;
};
const lookAt = (...titles: readonly string[]) =>
  createHandlers(agent, { quit: () => {} }).policies({ clusters: titles.map(idOf) }, { signal });
const verdict = (hostname: string) => agent.snapshot().policies.find((one) => one.hostname === hostname);
const logins = (hostname: string) =>
  rig.world.traffic.served.filter(({ operation, scope }) => operation === 'login' && scope === hostname)
    .length;

it('tells what the policies say of what a person sees, and of favourites by itself', async () => {
  const told: Change[] = [];
  agent.subscribe((change) => told.push(change));
  await agent.favourite({ cluster: 'people', on: true });
  await lookAt('vault');
  await signIn();
  // The session is seen by itself: the favourite and what is still in view are then asked for.
  await vi.waitFor(() => expect(verdict(groupHost)).toBeDefined(), { timeout: 10_000 });
  await vi.waitFor(() => expect(verdict(postureHost)).toMatchObject({ reason: 'device' }));
  expect(verdict(groupHost)).toMatchObject({ reason: 'policy', message: 'Group people-ops only' });
  expect(verdict(deniedHost)).toBeUndefined();
  expect(logins(deniedHost)).toBe(0);
  expect(told.filter(({ kind }) => kind === 'policies').length).toBeGreaterThanOrEqual(2);

  await agent.close();
  await start();
  expect(verdict(groupHost)).toMatchObject({ message: 'Group people-ops only' });
  expect(logins(groupHost)).toBe(1);
});

it('learns from a connection, refused at the login or at the edge', async () => {
  await signIn();
  const connect = async (cluster: string) =>
    (await agent.connect({ clusters: [cluster], mode: 'add', signal })).results[0];
  expect(await connect('lake')).toMatchObject({ error: { code: 'access-denied' } });
  await vi.waitFor(() => expect(verdict(deniedHost)).toMatchObject({ message: 'The data team only' }));
  expect(verdict(deniedHost)).toHaveProperty('ray');
  expect(logins(deniedHost)).toBe(1);

  await lookAt('open');
  await vi.waitFor(() => expect(verdict(tcpHost)?.verdict).toBe('admitted'));
  rig.world.access.setPolicy(tcpHost, []);
  expect(await connect('open')).toMatchObject({ error: { code: 'access-denied' } });
  await vi.waitFor(() => expect(verdict(tcpHost)?.verdict).toBe('denied'));
});

it('forgets what the policies say when the person signs out', async () => {
  await signIn();
  await lookAt('open');
  await vi.waitFor(() => expect(verdict(tcpHost)?.verdict).toBe('admitted'), { timeout: 10_000 });
  expect(await agent.accounts()).toContainEqual(
    expect.objectContaining({ provider: 'access', status: 'signed-in', who: 'ada@acme.example', ours: true }),
  );
  const team = 'acme.cloudflareaccess.com';
  expect(await agent.logout({ provider: 'access' })).toEqual({
    removed: [expect.stringContaining(team)],
    remaining: [`The session in the browser. Sign out there: https://${team}/cdn-cgi/access/logout`],
  });
  expect(agent.snapshot()).toMatchObject({ policies: [], sessions: [] });
  const file = path.join(rig.world.home, '.local/state/k8s-tunnels/policies.json');
  await vi.waitFor(async () => expect(await readFile(file, 'utf8')).not.toContain('ada@acme.example'));
});
