import { expect, test } from 'vitest';
import { controlsText } from '../../renderer/controls/text.ts';
import { detailText } from '../../renderer/detail/text.ts';
import { aCluster, aTunnel } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const probe = { at: 0, stages: [], totalMs: 8 };
const name = "x'; touch P; echo '";
const odd = aCluster(name, { name: 'odd' });
const connected = [aTunnel(odd.id, { status: 'connected', since: 0, probe })];

test.for([440, 960])(
  'a name of mixed scripts is flagged in its row and on its page, in a window of %i',
  async (width, context) => {
    const title = 'раyments-prod-eu';
    const environment = 'production';
    const clusters = [aCluster(title, { environment }), aCluster('платежи-prod', { environment })];
    const { page, row } = await shown.open(context, { clusters });
    await page.setViewportSize({ width, height: 680 });
    const badge = row(title).locator('.badge.mixed-scripts');
    expect(await badge.textContent()).toBe('mixed scripts: р, а are Cyrillic');
    expect(await badge.getAttribute('title')).toBe('Mixed scripts: р, а are Cyrillic');
    const [flag, control] = [await badge.boundingBox(), await row(title).getByRole('switch').boundingBox()];
    expect((flag?.x ?? 0) + (flag?.width ?? 0)).toBeLessThan(control?.x ?? 0);
    expect(await page.locator('.badge.mixed-scripts').count()).toBe(1);
    await row(title).getByRole('button', { name: title, exact: true }).click();
    await page.getByText(controlsText.mixedScripts.note('р, а are Cyrillic')).waitFor();
  },
);

test.for([['linux', 'darwin'], ['win32']] as const)(
  'the command to copy has a safe context name on %s',
  async (platforms, context) => {
    for (const platform of platforms) {
      const agent = { version: '0.1.0', pid: 1, startedAt: 1, platform, signIns: 'headless' } as const;
      const { page, row, clipboard } = await shown.open(context, {
        agent,
        clusters: [odd],
        tunnels: connected,
      });
      await row(name).getByRole('button', { name, exact: true }).click();
      await page.getByRole('button', { name: detailText.copyCommand }).click();
      await eventually(clipboard).toBe('kubectl --context x-touch-P-echo get namespaces');
    }
  },
);

test('the bar copies the name that the kubeconfig has, and quotes it', async (context) => {
  const { page, agent, clipboard } = await shown.open(context, { clusters: [odd], tunnels: connected });
  // An entry that was written under an old name.
  agent.handlers.history = async () => ({
    samples: [],
    failures: [],
    entry: { file: '/home/ada/.kube/config', name },
  });
  await page.locator('.row').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('copy x');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await eventually(clipboard).toBe(String.raw`kubectl --context 'x'\''; touch P; echo '\''' get namespaces`);
});

test('clusters that differ by their resource group alone say so in their rows and in the bar', async (context) => {
  const aks = { source: 'aks', account: 'sub-1', accountName: 'Retail', region: 'westeurope' } as const;
  const [blue, green] = ['shop-blue/orders', 'shop-green/orders'].map((id) => ({
    ...aCluster('orders', { ...aks, name: id }),
    name: 'orders',
  }));
  if (blue === undefined || green === undefined) throw new Error('no clusters');
  const { page } = await shown.open(context, { clusters: [blue, green, aCluster('reports', aks)] });
  const lines = page.locator('.row-line');
  await eventually(() => lines.allTextContents()).toEqual([
    expect.stringMatching(/ · resource group shop-blue$/),
    expect.stringMatching(/ · resource group shop-green$/),
    expect.not.stringContaining('resource group'),
  ]);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('connect orders');
  const options = page.getByRole('option');
  await eventually(() => options.allTextContents()).toEqual([
    expect.stringContaining('resource group shop-blue'),
    expect.stringContaining('resource group shop-green'),
  ]);
});
