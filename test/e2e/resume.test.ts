import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { inCallbackTurn } from '../world/free-ports.ts';
import type { World } from '../world/world.ts';
import { eachInWorld } from './world-fixture.ts';

const pair = ['payments-staging-eu', 'search-staging'] as const;

let world: World;
let commandLine: CommandLine;

eachInWorld(
  (started) => {
    ({ world, commandLine } = started);
  },
  { kubeconfig: 'apiVersion: v1\nkind: Config\n' },
);

test('resume connects what was connected before the stop, and its logins follow one another', {
  timeout: 60_000,
}, async () => {
  await commandLine.tunnels('connect', ...pair);
  await commandLine.tunnels('quit');
  const tabs = (await world.browser.tabs()).length;
  // The night: every session has ended.
  world.access.revokeAll();
  world.access.endSessions();
  for (const place of ['.cloudflared', '.aws/sso'])
    await rm(path.join(world.home, place), { recursive: true });

  const preview = await commandLine.tunnels<Output<'connect-preview'>>('resume', '--dry-run');
  expect(preview.diff).toContain(pair[0]);
  expect(await world.browser.tabs()).toHaveLength(tabs);
  const { results } = await inCallbackTurn(() => commandLine.tunnels<Output<'connect'>>('resume'));
  expect(results).toMatchObject([{ status: 'connected' }, { status: 'connected' }]);
  expect(results.map(({ title }) => title).toSorted()).toEqual([...pair].toSorted());
  // Cloudflare Access comes after AWS, in the same tab.
  expect((await world.browser.tabs()).slice(tabs)).toEqual([expect.stringMatching(/\/authorize$/)]);
  expect(await createKubeClient(commandLine).namespaces(pair[0])).toContain('payments-staging');

  const { stdout } = await commandLine.run('k8s-tunnels', ['resume']);
  expect(stdout).toContain('Nothing to resume');
  expect(await commandLine.tunnels('resume')).toMatchObject({ results: [] });
});
