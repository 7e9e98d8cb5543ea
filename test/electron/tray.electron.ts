import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { processesOf } from '../e2e/processes.ts';
import { installCloudflared } from '../world/cloudflared/install.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { defaultPlan } from '../world/plan.ts';
import type { World } from '../world/world.ts';
import { realDesktop } from './desktop-fixture.ts';

/** One app for all, each test beginning where the one before it ended. */

const patience = { timeout: 15_000, interval: 50 };
const title = 'payments-staging-eu';
const other = 'search-staging';
/** A person's own kubeconfig. */
const own = `# mine
apiVersion: v1
kind: Config
clusters: [{name: mine, cluster: {server: https://127.0.0.1:1}}]
contexts: [{name: mine, context: {cluster: mine, user: mine}}]
users: [{name: mine, user: {}}]
current-context: mine
`;
const kubeconfig = (world: World) => readFile(world.env.KUBECONFIG ?? '', 'utf8');

const desktop = realDesktop({
  lasts: 'group',
  plan: {
    ...defaultPlan,
    eks: defaultPlan.eks.map((cluster) =>
      cluster.name === 'payments-staging'
        ? { ...cluster, tags: { ...cluster.tags, 'k8s-tunnels-connector': 'cloudflared' } }
        : cluster,
    ),
  },
  async prepare(world) {
    const file = world.env.KUBECONFIG ?? '';
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, own, { mode: 0o600 });
    return { K8S_TUNNELS_CLOUDFLARED: await installCloudflared(path.join(world.home, 'program')) };
  },
});

const connected = async () => {
  const { tunnels } = await desktop().commandLine.tunnels<Output<'snapshot'>>('status');
  return tunnels.filter(({ state }) => state.status === 'connected');
};
const isConnected = (count: number) =>
  vi.waitFor(async () => expect(await connected()).toHaveLength(count), patience);
const isVisible = (visible: boolean) =>
  vi.waitFor(async () => expect(await desktop().driver.isWindowVisible()).toBe(visible), patience);

test('its item is in the tray, with a menu that connects and disconnects, and an icon that shows it', async () => {
  const { driver, items } = desktop();
  const icon = async () => (await driver.statusItem()).icon.toString('base64');
  const menuSays = (label: string) =>
    vi.waitFor(async () => expect((await driver.menu())[0]?.label).toBe(label), patience);
  const itemOf = async () => (await driver.menu()).find(({ label }) => label.startsWith(title));

  await vi.waitFor(() => expect(items()).toHaveLength(1), patience);
  expect((await driver.statusItem()).status).toBe('Active');
  await menuSays('k8s-tunnels: nothing connected');
  // While it is discovered for the first time, the icon says so.
  await vi.waitFor(
    async () => expect((await driver.menu()).map(({ label }) => label)).toContain('Refresh'),
    patience,
  );
  const idle = await icon();

  await driver.click('All clusters', 'EKS · 444455556666', title);
  await isConnected(1);
  await menuSays('k8s-tunnels: 1 connected');
  expect(await itemOf()).toMatchObject({ type: 'checkbox', enabled: true, checked: true });
  const one = await icon();
  expect(one).not.toBe(idle);

  await driver.click('All clusters', 'EKS · 111122223333', other);
  await isConnected(2);
  await menuSays('k8s-tunnels: 2 connected');
  expect([idle, one]).not.toContain(await icon());

  await driver.click(title);
  await isConnected(1);
  await menuSays('k8s-tunnels: 1 connected');
  expect(await itemOf()).toBeUndefined();
  expect(await icon()).toBe(one);
});

test('a second start hands its link to the first, which asks and connects nothing', async () => {
  const { driver } = desktop();
  const page = await driver.page();
  await driver.closeWindow();
  await isVisible(false);
  expect(await driver.startAgain(`k8s-tunnels://connect?cluster=partner-edge`)).toBe(0);
  await isVisible(true);
  const question = page.getByRole('alertdialog', { name: 'Open 1 cluster?' });
  await question.waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  await isConnected(1);
  expect(desktop().items()).toHaveLength(1);
});

test('a tunnel that ends while nobody looks is told of, and the click leads to its cluster', async () => {
  const { driver, world, commandLine, notifications } = desktop();
  const page = await driver.page();
  await isVisible(true);
  await driver.closeWindow();
  await isVisible(false);
  const hostname = 'search-staging.k8s.acme.example';
  world.access.setPolicy(hostname, []);
  world.access.revokeApp(hostname);
  world.access.dropConnections(hostname);
  // One request: kubectl would ask again, which opens the tunnel again, and so asks to sign in.
  const kube = createKubeClient({ ...commandLine, kubectl: undefined });
  await expect(kube.namespaces(other)).rejects.toThrow();
  const told = await vi.waitFor(() => {
    const [first] = notifications.standing();
    expect(first?.title).toBe(`${other} is not reachable`);
    return first;
  }, patience);
  // No button: what Electron offers on Linux is the click.
  expect(told?.actions).toEqual(['default', 'View']);
  notifications.invoke(told?.id ?? 0);
  await isVisible(true);
  await page.getByRole('heading', { name: other }).waitFor();
  expect(notifications.standing()).toEqual([]);
  await page.keyboard.press('Escape');
  world.access.setPolicy(hostname, undefined);
  await commandLine.tunnels('disconnect', other);
  await commandLine.tunnels('connect', title);
});

test('a click on its icon brings the window back', async () => {
  const { driver } = desktop();
  await driver.closeWindow();
  await isVisible(false);
  await driver.clickTray();
  await isVisible(true);
});

test('its menu leads to the accounts and the settings', async () => {
  const { driver } = desktop();
  const page = await driver.page();
  for (const label of ['Accounts', 'Settings']) {
    await driver.click(label);
    await page.getByRole('heading', { name: label, level: 1 }).waitFor();
  }
  await page.keyboard.press('Escape');
});

test('closing keeps the tray; quitting from its menu asks, and leaves no process and the kubeconfig as it was', async () => {
  const { driver, world, commandLine, items } = desktop();
  await driver.closeWindow();
  await isVisible(false);
  expect(items()).toHaveLength(1);
  expect(await driver.statusItem()).toMatchObject({ status: 'Active' });
  expect(await connected()).toMatchObject([{ connector: 'cloudflared' }]);
  expect(parse(await kubeconfig(world))).toMatchObject({ 'current-context': title });

  const quit = async (answer: number) => {
    await driver.electron.evaluate(({ dialog }, response) => {
      Object.assign(globalThis, { asked: undefined });
      dialog.showMessageBox = (...given: readonly unknown[]) => {
        Object.assign(globalThis, { asked: given[0] });
        return Promise.resolve({ response, checkboxChecked: false });
      };
    }, answer);
    await driver.click('Quit');
  };
  await quit(1);
  const question = { message: 'Disconnect 1 cluster and quit?', buttons: ['Disconnect and quit', 'Cancel'] };
  await vi.waitFor(
    async () =>
      expect(await driver.electron.evaluate(() => Reflect.get(globalThis, 'asked'))).toMatchObject(question),
    patience,
  );
  await isConnected(1);
  await quit(0);
  await driver.ended;
  await vi.waitFor(async () => expect((await processesOf(world.home)) ?? []).toEqual([]), patience);
  await vi.waitFor(() => expect(items()).toEqual([]), patience);
  expect(parse(await kubeconfig(world))).toMatchObject({ 'current-context': 'mine' });
  // What is kept is all that is left.
  await commandLine.tunnels('forget', '--all');
  expect(await kubeconfig(world)).toBe(own);
});
