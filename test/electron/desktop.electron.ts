import { expect, test, vi } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { doMainJob } from '../e2e/main-job.ts';
import { processesOf, running } from '../e2e/processes.ts';
import { realDesktop } from './desktop-fixture.ts';

const patience = { timeout: 15_000, interval: 50 };
const desktop = realDesktop();

test('the main job, in a real Electron', () => doMainJob(desktop()));

test('the window is isolated, and hides until the tray brings it back', async () => {
  const { driver } = desktop();
  const page = await driver.page();
  const seen = await page.evaluate(() => ({
    url: location.href,
    bridge: Object.keys(window.k8sTunnels ?? {}),
    reach: ['require', 'process', 'module', 'Buffer'].filter((name) => Reflect.has(globalThis, name)),
  }));
  expect(seen).toEqual({
    url: 'app://k8s-tunnels/',
    bridge: ['send', 'onMessage', 'onEnd'],
    reach: [],
  });
  const policy = await page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
  expect(policy).toContain("default-src 'none'");
  await vi.waitFor(async () => expect(await driver.isWindowVisible()).toBe(true), { timeout: 10_000 });
  await driver.closeWindow();
  await vi.waitFor(async () => expect(await driver.isWindowVisible()).toBe(false));
  await driver.click('Open window');
  await vi.waitFor(async () => expect(await driver.isWindowVisible()).toBe(true));
});

test('the window comes back when its process is killed; killed itself, the app leaves no process', async () => {
  const { driver, commandLine, world } = desktop();
  await (await driver.page()).getByRole('switch', { name: 'Connect payments-staging-eu' }).waitFor();
  await commandLine.tunnels('connect', 'payments-staging-eu');
  const { agent } = await commandLine.tunnels<Output<'snapshot'>>('status');
  const rendererPid = () =>
    driver.electron.evaluate(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0,
    );
  // Playwright gives up a page that crashed, so the window is asked by the app.
  const isOn = () =>
    driver.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
        `document.querySelector('[aria-label="Connect payments-staging-eu"]')?.checked === true`,
      ),
    );
  await vi.waitFor(async () => expect(await isOn()).toBe(true), patience);
  const killed = await rendererPid();
  process.kill(killed, 'SIGKILL');
  await vi.waitFor(async () => expect([0, killed]).not.toContain(await rendererPid()), patience);
  await vi.waitFor(async () => expect(await isOn()).toBe(true), patience);

  const family = ((await processesOf(world.home)) ?? []).filter((pid) => pid !== agent.pid);
  expect(family).toContain(await rendererPid());
  await driver.kill();
  await vi.waitFor(() => expect(running(family)).toEqual([]), patience);
});
