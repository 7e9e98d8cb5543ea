import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

// A person who signs out of Cloudflare Access, and in again.

const cluster = 'payments-staging-eu';
const team = 'acme.cloudflareaccess.com';
let tunnelled: Tunnelled;
beforeAll(async () => {
  tunnelled = await connectThrough(cluster);
});
afterAll(() => tunnelled.close());

test('signing out of Access tells what goes on; what comes then needs a sign-in', async (context) => {
  const { world, commandLine } = tunnelled;
  context.skip(commandLine.kubectl === undefined, 'kubectl is not installed');
  const kubectl = () => commandLine.run('kubectl', ['--context', cluster, 'get', 'ns', '-o', 'name']);
  const watch = commandLine.follow('kubectl', ['--context', cluster, 'get', 'ns', '-o', 'name', '--watch']);
  await watch.line(/^namespace\//);
  const { removed, remaining } = await commandLine.tunnels<Output<'logout'>>('logout', 'access', 'acme');
  expect(removed).toEqual([expect.stringContaining(team)]);
  expect(remaining).toEqual([
    expect.stringContaining(`https://${team}/cdn-cgi/access/logout`),
    `Connections that are open already, until they end: ${cluster}.`,
  ]);
  world.api('payments-staging').addNamespace('late');
  await watch.line(/^namespace\/late/);
  await expect
    .poll(async () => (await commandLine.tunnels<Output<'snapshot'>>('status')).tunnels)
    .toMatchObject([{ state: { status: 'failed', failure: { error: { code: 'access-login-needed' } } } }]);
  expect(await kubectl()).toMatchObject({ code: 1, stderr: expect.stringContaining('k8s-tunnels connect') });
  expect(await world.browser.tabs()).toHaveLength(1);

  const { account } = await commandLine.tunnels<Output<'login'>>('login', 'access');
  expect(account).toMatchObject({ provider: 'access', session: team, status: 'signed-in' });
  expect(await world.browser.tabs()).toHaveLength(2);
  expect(await kubectl()).toMatchObject({ code: 0 });

  const { entries } = await commandLine.tunnels<Output<'activity'>>('activity');
  const told = entries.toReversed().filter(({ kind }) => kind !== 'discovery' && kind !== 'kubectl');
  // The tunnel finds out a moment before or after the session is shown as ended.
  const failed = told.findIndex(({ kind }) => kind === 'failed');
  expect([2, 3]).toContain(failed);
  expect(told[failed]).toMatchObject({ title: cluster, failure: { error: { code: 'access-login-needed' } } });
  expect(told.toSpliced(failed, 1)).toMatchObject([
    { kind: 'signed-in', provider: 'access', session: team },
    { kind: 'connected', title: cluster, by: 'person' },
    { kind: 'signed-out', provider: 'access', session: team },
    { kind: 'signed-in', provider: 'access', session: team },
    { kind: 'connected', title: cluster },
  ]);
});
