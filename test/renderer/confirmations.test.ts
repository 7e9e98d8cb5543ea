import { expect, test } from 'vitest';
import type { Terminal } from '../../main/model/terminal.ts';
import { confirmationsText } from '../../renderer/confirmations/text.ts';
import { terminalsText } from '../../renderer/terminals/text.ts';
import { aCluster } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const ledger = { ...aCluster('ledger'), environment: 'production' };
const confirmation = { id: 'a'.repeat(16), cluster: ledger.id, client: 'Claude Code', pid: 4_000, since: 1 };

test('an AI client that asks for production is shown, with the safe answer in focus, until the user answers', async (context) => {
  const { agent, page } = await shown.open(context, { clusters: [ledger] });
  const answers: unknown[] = [];
  agent.handlers['confirmation-answer'] = async (input) => {
    answers.push(input);
    agent.tell({ kind: 'set', values: { confirmations: null } });
    return {};
  };
  agent.tell({ kind: 'set', values: { confirmations: [confirmation] } });
  const dialog = page.getByRole('alertdialog');
  await dialog.waitFor();
  expect(await dialog.getByRole('heading').textContent()).toMatch(/Claude Code.* to read .*ledger/);
  // Neither a key nor a click beside it answers.
  await page.keyboard.press('Escape');
  await page.mouse.click(2, 2);
  expect(await dialog.isVisible()).toBe(true);
  const focused = page.getByRole('button', { name: confirmationsText.no });
  await eventually(() => focused.evaluate((button) => button === document.activeElement)).toBe(true);
  await dialog.getByRole('button', { name: confirmationsText.yes }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(answers).toEqual([{ id: confirmation.id, allow: true }]);
  agent.tell({ kind: 'set', values: { confirmations: [{ ...confirmation, id: 'b'.repeat(16) }] } });
  await dialog.waitFor();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  expect(answers.at(-1)).toEqual({ id: 'b'.repeat(16), allow: false });
});

test('what an AI client has open is listed, and ends by a button', async (context) => {
  const { agent, page } = await shown.open(context, { clusters: [ledger] });
  const ended: unknown[] = [];
  agent.handlers['mcp-end'] = async (input) => {
    ended.push(input);
    agent.tell({ kind: 'set', values: { terminals: [] } });
    return { ended: 1 };
  };
  const terminal: Terminal = {
    id: 'a'.repeat(16),
    cluster: ledger.id,
    kind: 'mcp',
    context: 'ledger',
    pid: 4_000,
    since: Date.now() - 60_000,
    readOnly: {},
    production: true,
  };
  agent.tell({ kind: 'set', values: { terminals: [terminal] } });
  await page.getByRole('button', { name: /^1 terminal/ }).click();
  const row = page.getByRole('dialog', { name: terminalsText.title }).getByRole('listitem');
  expect(await row.textContent()).toMatch(/^ledger.*AI client · process 4000/);
  await row.getByRole('button', { name: terminalsText.end }).click();
  await row.waitFor({ state: 'detached' });
  expect(ended).toEqual([{ pid: 4_000 }]);
});
