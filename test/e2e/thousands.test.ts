import { expect, test, vi } from 'vitest';
import { openBrowserWindow } from '../world/demo/browser-window.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { scalePlan } from '../world/scale-plan.ts';
import { startWorld } from '../world/world.ts';
import { findChromium } from './chromium.ts';
import { expectNamespaces } from './expect-namespaces.ts';

test('of 5,000 clusters one is found by a word of its name, connected and read', async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const plan = scalePlan({ accounts: 4, regions: 4, clusters: 80, aks: 4_920 });
  const world = await startWorld({ plan });
  const commandLine = await createCommandLine(world);
  try {
    expect(await commandLine.tunnels('discover')).toMatchObject({ clusters: 5_000 });
    const window = await openBrowserWindow({ commandLine, executable });
    const { page } = window;
    try {
      await page.getByText('5,000 clusters').first().waitFor();
      // Of the list only what is near the view is there.
      expect(await page.locator('.row').count()).toBeLessThan(60);
      await page.getByRole('searchbox').fill('eks-00001');
      await page.keyboard.press('Escape');
      const connect = page.getByRole('switch', { name: 'Connect eks-00001', exact: true });
      await connect.waitFor();
      await vi.waitFor(async () => expect(await page.locator('.row').count()).toBe(1));
      await connect.press(' ');
      await window.showsConnected('eks-00001');
      await expectNamespaces(commandLine, 'eks-00001').toContain('eks-00001');
      await page.getByRole('searchbox').fill('');
      // The list follows what is typed.
      await page.locator('.row').nth(1).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('End');
      await vi.waitFor(async () => {
        const last = page.locator('.row').last();
        expect(await last.getAttribute('aria-posinset')).toBe(await last.getAttribute('aria-setsize'));
      });
    } finally {
      await window.close();
    }
  } finally {
    await commandLine.stop();
    await world.close();
  }
});
