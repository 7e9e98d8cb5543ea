import { expect, test } from 'vitest';
import { agentText } from '../../renderer/agent/text.ts';
import { settingsText } from '../../renderer/settings/text.ts';
import { setupText } from '../../renderer/setup/text.ts';
import { anOrganisation, aSetupPreview } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

// What a page of `serve` may not change alone: the user answers in the terminal.

const shown = windowFixture();

test('a setting waits for the terminal, and a no is told with the command that does it', async (context) => {
  const answers: ((isYes: boolean) => void)[] = [];
  const confirm = () => new Promise<boolean>((resolve) => void answers.push(resolve));
  const { page, agent } = await shown.open(context, {}, { confirm });
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  const field = page.getByLabel(settingsText.clusterFiles[0], { exact: true });
  await field.fill('~/clusters.yaml');
  await field.press('Enter');
  const waiting = page.getByRole('status').getByText(agentText.link.confirming);
  await waiting.waitFor();
  expect(agent.snapshot().settings.clusterFiles).toEqual([]);
  answers.shift()?.(false);
  await waiting.waitFor({ state: 'detached' });
  await page
    .getByText(
      "The change was not confirmed in the terminal. Nothing was changed. Run it in a terminal: k8s-tunnels settings clusterFiles '~/clusters.yaml'",
    )
    .waitFor();
  await field.press('Enter');
  await waiting.waitFor();
  answers.shift()?.(true);
  await waiting.waitFor({ state: 'detached' });
  await eventually(async () => agent.snapshot().settings.clusterFiles).toEqual(['~/clusters.yaml']);
  // What leads to nothing of the kind is not asked.
  await page.getByRole('switch', { name: settingsText.reopenAtStart[0] }).click();
  await eventually(async () => agent.snapshot().settings.reopenAtStart).toBe(true);
  expect(answers).toEqual([]);
});

test('a set-up waits for the terminal inside its question', async (context) => {
  let answer = (_: boolean) => {};
  const confirm = () =>
    new Promise<boolean>((resolve) => {
      answer = resolve;
    });
  const { page, agent } = await shown.open(context, {}, { confirm });
  const preview = aSetupPreview();
  agent.handlers['setup-preview'] = async () => preview;
  agent.handlers['setup-apply'] = async () => {
    agent.tell({ kind: 'set', values: { organisation: anOrganisation() } });
    return { organisation: anOrganisation() };
  };
  await page.evaluate(() => {
    location.hash = `#/link/${encodeURIComponent('k8s-tunnels://setup?url=https://acme.example/a.yaml')}`;
  });
  await page.getByRole('button', { name: setupText.yes, exact: true }).click();
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await dialog.getByText(agentText.link.confirming).waitFor();
  expect(agent.snapshot().organisation).toBeUndefined();
  answer(false);
  await dialog.getByText(/not confirmed in the terminal.*k8s-tunnels setup/).waitFor();
  expect(agent.snapshot().organisation).toBeUndefined();
});
