import { expect, test } from 'vitest';
import { openBrowserWindow } from '../world/demo/browser-window.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { startWorld } from '../world/world.ts';
import { findChromium } from './chromium.ts';

// The window compares clusters of the world, by the agent, as the command line does. One of them has no origin.

const staging = 'payments-staging-eu';
const production = 'payments-prod-eu';
const down = 'tools-next';

test('clusters are selected and compared; one that cannot be read is a column; nothing stays open', async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const world = await startWorld();
  const commandLine = await createCommandLine(world);
  try {
    world.api('payments-prod').addPod({
      namespace: 'payments-prod',
      name: 'web-6d4cf56db6-zzzzz',
      deployment: 'web',
      state: 'CrashLoopBackOff',
    });
    await commandLine.tunnels('discover');
    const window = await openBrowserWindow({ commandLine, executable });
    const { page } = window;
    try {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      for (const title of [staging, production, down]) {
        const row = page
          .getByRole('listitem')
          .filter({ has: page.getByRole('button', { name: title, exact: true }) });
        await page.getByRole('searchbox').fill(title);
        await page.keyboard.press('Escape');
        await row.click({ modifiers: ['Control'] });
      }
      await page.getByText('3 selected').waitFor();
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      const table = page.getByRole('table');
      await table.getByRole('columnheader', { name: `${production} production` }).waitFor();
      await table.getByText(/origin/).waitFor();

      await page.getByRole('button', { name: 'Namespaces' }).click();
      await page.getByLabel(`Namespace of ${staging}`).fill('payments-staging');
      await page.getByLabel(`Namespace of ${production}`).fill('payments-prod');
      await page.keyboard.press('Enter');
      const restarts = table
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name: 'restarts' }) });
      await expect
        .poll(async () => (await restarts.getByRole('cell').allTextContents()).map((text) => text.trim()))
        .toEqual(['0', '7 ≠differs', '?not known']);
      await page.getByText('1 difference in 1 workload and the clusters.').waitFor();

      // The same as the command prints.
      const copy = page.getByRole('button', { name: /^(Copied|Copy as Markdown)$/ });
      await copy.click();
      const { stdout } = await commandLine.run('k8s-tunnels', [
        ...['compare', staging, production, down, '-o', 'markdown'],
        ...['-n', `${staging}=payments-staging`, '-n', `${production}=payments-prod`],
      ]);
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(stdout.trimEnd());
      const status = await commandLine.tunnels<{ tunnels: unknown[]; kubectl: object }>('status');
      expect(status).toMatchObject({ tunnels: [], kubectl: {} });
    } finally {
      await window.close();
    }
  } finally {
    await commandLine.stop();
    await world.close();
  }
});
