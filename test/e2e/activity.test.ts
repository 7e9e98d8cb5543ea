import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { accountsText } from '../../renderer/accounts/text.ts';
import { activityText } from '../../renderer/activity/text.ts';
import { failureText } from '../../renderer/clusters/failure-text.ts';
import { detailText } from '../../renderer/detail/text.ts';
import { headerText } from '../../renderer/header/text.ts';
import { type BrowserWindow, openBrowserWindow } from '../world/demo/browser-window.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';
import { findChromium } from './chromium.ts';
import { expectNamespaces } from './expect-namespaces.ts';

// What happened, in the window and on the command line, with the real agent and a failing edge.

const cluster = 'payments-staging-eu';

let world: World;
let commandLine: CommandLine;
let window: BrowserWindow;

beforeEach(async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  world = await startWorld();
  commandLine = await createCommandLine(world);
  await commandLine.tunnels('discover');
  window = await openBrowserWindow({ commandLine, executable });
});

afterEach(async () => {
  await window?.close();
  await commandLine?.stop();
  await world?.close();
});

test('a failing edge stands in the activity and in the cluster’s last errors, with the way back', async () => {
  const { page } = window;
  const activity = async () => (await commandLine.tunnels<Output<'activity'>>('activity')).entries;
  const kinds = async () => (await activity()).map(({ kind }) => kind);
  const line = (what: string) => page.locator('.entry').filter({ hasText: `${cluster} ${what}` });
  await window.press(cluster);
  await window.showsConnected(cluster);
  await expectNamespaces(commandLine, cluster).not.toEqual([]);

  await page.getByRole('button', { name: headerText.activity, exact: true }).click();
  await line(activityText.connected).waitFor();
  await page.getByText(activityText.signedIn(accountsText.providers.access)).waitFor();
  await page
    .getByText(/^Discovered \d+ clusters$/)
    .first()
    .waitFor();

  const lift = world.traffic.inject({ service: 'edge', operation: 'upgrade', does: { kind: 'error' } });
  world.access.dropConnections();
  await line(activityText.interrupted).waitFor();
  lift();
  await line(activityText.reconnected).waitFor();

  // The way to the cluster, which knows of it too.
  await line(activityText.interrupted).getByRole('button', { name: cluster }).click();
  const errors = page.getByRole('region', { name: detailText.errors.title });
  await errors.getByRole('listitem').getByText(failureText('edge-failed')).waitFor();
  await page
    .getByRole('region', { name: /^Latency/ })
    .getByText('failed')
    .waitFor();
  await page.getByText(/[1-9]\d* B sent|[1-9][\d.]* kB sent/).waitFor();
  await page.getByText(world.env.KUBECONFIG ?? 'no kubeconfig').waitFor();
  await page.getByText(/^k8s-tunnels-hostname$/).waitFor();

  // Asked for again while the edge fails still, it does not connect, which is told with its reason.
  await page
    .getByRole('switch', { name: `Connect ${cluster}` })
    .last()
    .click();
  await expect.poll(kinds, { timeout: 15_000 }).toContain('closed');
  world.traffic.inject({ service: 'edge', operation: 'upgrade', does: { kind: 'error' } });
  await page
    .getByRole('switch', { name: `Connect ${cluster}` })
    .last()
    .click();
  await expect.poll(() => errors.getByRole('listitem').count(), { timeout: 15_000 }).toBe(2);
  await errors.getByRole('button', { name: detailText.errors.all }).click();
  await line(activityText.failed).waitFor();
  await page.getByRole('button', { name: activityText.problems }).click();
  await expect.poll(() => page.locator('.entry').count()).toBe(2);

  const [last] = (await activity()).filter(({ kind }) => kind === 'failed');
  expect(last).toMatchObject({ title: cluster, failure: { error: { code: 'edge-failed' } } });
  const before = await activity();

  // Ended, the agent has lost nothing of it.
  const { agent } = await commandLine.tunnels<Output<'snapshot'>>('status');
  process.kill(agent.pid, 'SIGTERM');
  await expect
    .poll(async () => (await commandLine.tunnels<Output<'snapshot'>>('status')).agent.pid, {
      timeout: 15_000,
    })
    .not.toBe(agent.pid);
  expect(await activity()).toEqual(expect.arrayContaining(before));
});
