import { readFile } from 'node:fs/promises';
import { expect, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { footerText } from '../../renderer/footer/text.ts';
import type { ItemView } from '../desktop/double/control.ts';
import type { CommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import type { World } from '../world/world.ts';
import type { Driver } from './driver.ts';

const patience = { timeout: 15_000, interval: 20 };
const [first, second] = ['payments-staging-eu', 'search-staging'] as const;
/** One that the cluster alone has. */
const namespaces = { [first]: 'payments-staging', [second]: 'search-staging' } as const;

/**
 * What a person does with the window and the tray, and what kubectl and the command line say to it, step by step. The
 * app has just been started on an untouched world.
 */
export async function doMainJob(options: {
  readonly driver: Driver;
  readonly world: World;
  readonly commandLine: CommandLine;
}): Promise<void> {
  const { driver, world, commandLine } = options;
  const kube = createKubeClient(commandLine);
  const status = () => commandLine.tunnels<Output<'snapshot'>>('status');
  const page = await driver.page();
  const switchOf = (title: string) => page.getByRole('switch', { name: `Connect ${title}`, exact: true });
  const isOn = (title: string, on: boolean) =>
    vi.waitFor(async () => expect(await switchOf(title).isChecked()).toBe(on), patience);
  const inMenu = async (...labels: readonly string[]): Promise<ItemView | undefined> => {
    let items = await driver.menu();
    let item: ItemView | undefined;
    for (const label of labels) {
      item = items.find((one) => one.label.startsWith(label));
      items = item?.items ?? [];
    }
    return item;
  };
  const menuSays = (labels: readonly string[], what: Partial<ItemView>) =>
    vi.waitFor(async () => expect(await inMenu(...labels)).toMatchObject(what), patience);

  // The window discovers.
  await switchOf(first).waitFor();
  await switchOf(second).waitFor();
  await menuSays(['k8s-tunnels'], { label: 'k8s-tunnels: nothing connected' });

  // Two clusters are checked on, with one sign-in; kubectl goes along.
  for (const [at, title] of [first, second].entries()) {
    await switchOf(title).press(' ');
    await isOn(title, true);
    await menuSays(['k8s-tunnels'], { label: `k8s-tunnels: ${at + 1} connected` });
    await menuSays(['Current context', title], { checked: true });
  }
  const { tunnels } = await status();
  const ports = tunnels.map(({ port }) => port ?? 0);
  expect(new Set(ports).size).toBe(2);
  // The page of a cluster shows the port.
  for (const title of [first, second]) {
    await page.getByRole('button', { name: title, exact: true }).click();
    const port = page.getByText(/^127\.0\.0\.1:\d+$/);
    expect(ports).toContain(Number((await port.textContent())?.split(':')[1]));
    await page.keyboard.press('Escape');
    await port.waitFor({ state: 'detached' });
  }
  expect(await world.browser.tabs()).toHaveLength(1);
  const [one, other] = await Promise.all([kube.namespaces(first), kube.namespaces(second)]);
  expect(one).toContain(namespaces[first]);
  expect(other).toContain(namespaces[second]);

  // kubectl is moved in the tray, in the window, and in the tray again.
  const used = async (title: keyof typeof namespaces) => {
    await menuSays(['Current context', title], { checked: true });
    await page.getByRole('button', { name: `${footerText.kubectl}: ${title}` }).waitFor();
    expect((await status()).kubectl).toMatchObject({ context: title });
    if (commandLine.kubectl === undefined) return;
    const { stdout } = await commandLine.run(commandLine.kubectl, ['get', 'namespaces', '-o', 'name']);
    expect(stdout).toContain(`namespace/${namespaces[title]}`);
  };
  await driver.click('Current context', first);
  await used(first);
  await page.getByRole('button', { name: new RegExp(`^${footerText.kubectl}`) }).click();
  await page.getByRole('menuitemradio', { name: second }).click();
  await used(second);
  await driver.click('Current context', first);
  await used(first);

  // One is checked off in the tray, and the window shows it.
  await menuSays([second], { checked: true });
  await driver.click(second);
  await isOn(second, false);
  await menuSays(['k8s-tunnels'], { label: 'k8s-tunnels: 1 connected' });
  expect((await status()).tunnels).toHaveLength(1);
  expect(await kube.namespaces(first)).toContain(namespaces[first]);

  // kubectl opens it again by its kept entry, on its port: the window and the tray follow.
  expect(await kube.namespaces(second)).toContain(namespaces[second]);
  await isOn(second, true);
  await menuSays(['k8s-tunnels'], { label: 'k8s-tunnels: 2 connected' });
  expect((await status()).kubectl).toMatchObject({ context: first });
  expect((await status()).tunnels.map(({ port }) => port)).toEqual(expect.arrayContaining(ports));

  // Forgotten, it is gone.
  await commandLine.tunnels('forget', second);
  await isOn(second, false);
  await expect(kube.namespaces(second)).rejects.toThrow();

  // The command line checks it on again: the window and the tray follow.
  await commandLine.tunnels('connect', second, '--add');
  await isOn(second, true);
  await menuSays([second], { checked: true });
  expect((await status()).kubectl).toMatchObject({ context: first });

  // Everything forgotten, nothing is left: the kubeconfig, which was none, is none again.
  await commandLine.tunnels('forget', '--all');
  await driver.click('Quit');
  await driver.ended;
  await expect(readFile(world.env.KUBECONFIG ?? '')).rejects.toMatchObject({ code: 'ENOENT' });
}
