import type { Page } from 'playwright-core';
import { expect, type TestContext, test } from 'vitest';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { defaultSettings, defaultSettingsFrom } from '../../main/model/settings.ts';
import { aCluster, anAccount, anOrganisation, aTunnel, connected, originFailure } from './shown.ts';
import { windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const cluster = (title: string) =>
  aCluster(title, {
    environment: 'production',
    owner: 'Team Orders',
    docs: 'https://wiki.example.com/orders',
    tags: { 'k8s-tunnels-group': 'shop' },
  });
const [idle, up, failed] = [cluster('idle'), cluster('up'), cluster('failed')];
const snapshot: Partial<Snapshot> = {
  clusters: [idle, up, failed],
  tunnels: [
    aTunnel(up.id, connected()),
    aTunnel(failed.id, { status: 'failed', since: 1, failure: originFailure }),
  ],
  kubectl: { context: 'up', cluster: up.id, production: true, limit: { until: 4e12, back: 'minikube' } },
  organisation: anOrganisation({ links: { support: 'https://help.acme.example/' } }),
  settings: { ...defaultSettings, awsRegions: ['eu-west-1'], theme: 'light' },
  settingsFrom: { ...defaultSettingsFrom, awsRegions: 'user', theme: 'user' },
};

/** Each state of the pages, opened one after another in one window. */
async function* states(context: TestContext): AsyncGenerator<{ readonly name: string; readonly page: Page }> {
  const { agent, page, row } = await shown.open(context, snapshot);
  const ended = { status: 'ended', needed: true } as const;
  agent.handlers.accounts = async () => ({
    accounts: [anAccount('acme', ended), anAccount('ledger', ended)],
  });
  await page.reload();
  await page.getByRole('contentinfo').getByRole('button', { name: 'Sign in to all' }).waitFor();
  for (const { title } of [idle, up, failed]) {
    await row(title).getByRole('button', { name: title, exact: true }).click();
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    yield { name: title, page };
    await page.keyboard.press('Escape');
  }
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByText('Advanced', { exact: true }).click();
  await page.getByLabel('AWS regions', { exact: true }).waitFor();
  yield { name: 'settings', page };
}

test('what can be clicked on a page or in the footer is at least 24 px high and wide', async (context) => {
  for await (const { name, page } of states(context)) {
    const small = await page.evaluate(() => {
      const controls = document.querySelectorAll(
        ':is(.sub-page, footer) :is(button, a[href], input, select, summary)',
      );
      return (
        [...controls]
          .filter((control) => control.checkVisibility())
          // A link in a sentence is as high as the sentence: https://www.w3.org/TR/WCAG22/#target-size-minimum
          .filter((control) => !control.matches('p a, small a'))
          .filter((control) => {
            control.scrollIntoView({ block: 'center', behavior: 'instant' });
            const { x, y, width, height } = control.getBoundingClientRect();
            const [column, line] = [x + width / 2, y + height / 2];
            const isHit = (right: number, down: number) => {
              const hit = document.elementFromPoint(column + right, line + down);
              return hit !== null && (hit === control || control.contains(hit));
            };
            return ![
              [-11.5, 0],
              [11.5, 0],
              [0, -11.5],
              [0, 11.5],
            ].every(([right = 0, down = 0]) => isHit(right, down));
          })
          .map((control) => control.getAttribute('aria-label') ?? control.textContent)
      );
    });
    expect({ name, small }).toEqual({ name, small: [] });
  }
});

test('a page has two sizes of text, and a third for its title', async (context) => {
  for await (const { name, page } of states(context)) {
    const sizes = await page.evaluate(() => {
      const found = new Set<string>();
      for (const root of document.querySelectorAll('.sub-page, footer')) {
        const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (texts.nextNode() !== null) {
          const { parentElement: element, textContent } = texts.currentNode;
          if (element === null || textContent?.trim() === '' || !element.checkVisibility()) continue;
          // A mark, and not a text.
          if (element.closest('.badge, .avatar, .for-screen-readers') !== null) continue;
          found.add(getComputedStyle(element).fontSize);
        }
      }
      return [...found].sort();
    });
    expect({ name, sizes }).toEqual({
      name,
      sizes: name === 'settings' ? ['12px', '13px'] : ['12px', '13px', '17px'],
    });
  }
});
