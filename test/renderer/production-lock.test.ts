import { expect, test } from 'vitest';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { defaultSettings } from '../../main/model/settings.ts';
import { lockText } from '../../renderer/detail/lock-text.ts';
import { detailText } from '../../renderer/detail/text.ts';
import type { ShownWindow } from './open-window.ts';
import { aCluster, anOrganisation, aTunnel, connected } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

// A production cluster that opens read-only, on its page.

const shown = windowFixture();
const ledger = aCluster('ledger-prod', { environment: 'production' });
const lab = aCluster('lab', { environment: 'staging' });
const readOnly: Partial<Snapshot> = {
  clusters: [ledger, lab],
  tunnels: [aTunnel(ledger.id, connected()), aTunnel(lab.id, connected())],
  settings: { ...defaultSettings, productionReadOnly: true },
  organisation: anOrganisation({
    production: { guard: true, environments: ['production'], readOnly: true, unlockMinutes: 45 },
  }),
};
const open = async ({ page, row }: ShownWindow, title: string) => {
  await row(title).getByRole('button', { name: title, exact: true }).click();
  await page.getByRole('heading', { name: title }).waitFor();
};
const button = ({ page }: ShownWindow, name: string) => page.getByRole('button', { name, exact: true });

test('is unlocked with a reason and for a time, says so, and is locked again', async (context) => {
  const window = await shown.open(context, readOnly);
  const { page, agent } = window;
  await open(window, ledger.title);
  await page.getByText(lockText.locked).waitFor();
  await button(window, lockText.unlockTitle(ledger.title)).click();
  const field = page.getByLabel(lockText.reasonLabel, { exact: true });
  expect(await field.evaluate((one) => one === document.activeElement)).toBe(true);
  // Without a reason nothing happens.
  await button(window, lockText.confirm).click();
  expect(agent.snapshot().unlocks).toBeUndefined();
  await field.fill('INC-4711: restart the ledger');
  const time = page.getByLabel(lockText.timeLabel, { exact: true });
  expect(await time.locator('option').allTextContents()).toEqual(
    [5, 15, 30, 45].map((minutes) => lockText.minutes(minutes)),
  );
  expect(await time.inputValue()).toBe('30');
  await time.selectOption('15');
  await field.press('Enter');
  await page.getByText('Unlocked for writing, 15m left').waitFor();
  await page.getByText(lockText.reason('INC-4711: restart the ledger', 'ada@example.com')).waitFor();
  expect(agent.snapshot().unlocks).toMatchObject([
    { cluster: ledger.id, reason: 'INC-4711: restart the ledger' },
  ]);
  await button(window, lockText.lockTitle(ledger.title)).click();
  await page.getByText(lockText.locked).waitFor();
  await eventually(async () => agent.snapshot().unlocks).toEqual([]);
});

test('that is not unlocked says why, and keeps the reason', async (context) => {
  const window = await shown.open(context, readOnly);
  const { page, agent } = window;
  agent.handlers.unlock = () => Promise.reject(new AppError('bad-input', 'ledger-prod is not connected.'));
  await open(window, ledger.title);
  await button(window, lockText.unlockTitle(ledger.title)).click();
  const field = page.getByLabel(lockText.reasonLabel, { exact: true });
  await field.fill('INC-4711');
  await button(window, lockText.confirm).click();
  await page.getByText('ledger-prod is not connected.').first().waitFor();
  expect(await field.inputValue()).toBe('INC-4711');
  // Escape closes the form, and not the page.
  await field.focus();
  await page.keyboard.press('Escape');
  await field.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: ledger.title }).waitFor();
});

test('offers no other entry form, and others are as they were', async (context) => {
  const window = await shown.open(context, readOnly);
  const { page } = window;
  await open(window, ledger.title);
  const form = (title: string) => page.getByLabel(detailText.entryFormFor(title), { exact: true });
  expect(await form(ledger.title).isDisabled()).toBe(true);
  expect(await form(ledger.title).locator('option:checked').textContent()).toBe(
    detailText.entryFormDefault('Local TLS proxy'),
  );
  await page.keyboard.press('Escape');
  await open(window, lab.title);
  expect(await form(lab.title).isDisabled()).toBe(false);
  expect(await page.getByText(lockText.locked).count()).toBe(0);
});

test('a page in a browser waits for the terminal before it unlocks', async (context) => {
  const asked: unknown[] = [];
  const confirm = async (question: unknown) => {
    asked.push(question);
    return false;
  };
  const window = await shown.open(context, readOnly, { confirm });
  await open(window, ledger.title);
  await button(window, lockText.unlockTitle(ledger.title)).click();
  await window.page.getByLabel(lockText.reasonLabel, { exact: true }).fill('INC-4711');
  await button(window, lockText.confirm).click();
  await window.page
    .getByText(/not confirmed in the terminal.*k8s-tunnels unlock .* --reason TEXT/)
    .first()
    .waitFor();
  expect(asked).toEqual([{ kind: 'unlock', cluster: ledger.id, title: ledger.title, reason: 'INC-4711' }]);
  expect(window.agent.snapshot().unlocks).toBeUndefined();
});

test('a read-only kubeconfig is created, and its command copied', async (context) => {
  const window = await shown.open(context, readOnly);
  const { page, agent } = window;
  const until = Date.now() + 12 * 3_600_000;
  agent.handlers['read-only-file'] = async ({ cluster }) => {
    if (cluster !== lab.id)
      throw new AppError('file-unwritable', 'The disk is full.', { hint: 'Make room.' });
    return { file: '/home/rosa/state/kubeconfigs/lab-read-only.yaml', until };
  };
  await open(window, lab.title);
  await button(window, lockText.makeReadOnlyFor(lab.title)).click();
  const command = 'kubectl --kubeconfig /home/rosa/state/kubeconfigs/lab-read-only.yaml get namespaces';
  await page.getByText(command, { exact: true }).waitFor();
  await page.getByText(lockText.readOnlyHint('12h')).waitFor();
  await button(window, lockText.copyReadOnly).waitFor();
  await page.keyboard.press('Escape');
  await open(window, ledger.title);
  await button(window, lockText.makeReadOnlyFor(ledger.title)).click();
  await page.getByText(`${lockText.notMade}: The disk is full. Make room.`).waitFor();
});
