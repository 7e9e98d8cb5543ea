import { expect, test } from 'vitest';
import { AppError } from '../../main/model/app-error.ts';
import type { Terminal } from '../../main/model/terminal.ts';
import { aCluster } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders');
const ledger = { ...aCluster('ledger'), environment: 'production' };
const clusters = [orders, ledger];
const terminal = (id: string, of: typeof orders, more: Partial<Terminal> = {}): Terminal => ({
  id: id.padEnd(16, '0'),
  cluster: of.id,
  kind: 'shell',
  context: of.title,
  pid: 4_000,
  // Half a minute more than is expected: the window's clock goes by the minute.
  since: Date.now() - 330_000,
  ...more,
});

test('terminals are counted and listed by cluster, production first, and lead to its page', async (context) => {
  const { agent, page } = await shown.open(context, { clusters });
  const button = page.getByRole('button', { name: /terminal/ }).filter({ hasText: /^\d/ });
  expect(await button.count()).toBe(0);
  agent.tell({
    kind: 'set',
    values: {
      terminals: [
        terminal('a', ledger, { production: true, namespace: 'web' }),
        terminal('b', orders, { kind: 'exec', pid: 4_001 }),
      ],
    },
  });
  await button.click();
  const rows = page.getByRole('dialog', { name: 'Terminals' }).getByRole('listitem');
  await eventually(() => rows.count()).toBe(2);
  expect(await button.textContent()).toBe('2 terminals, 1 production');
  expect(await rows.nth(0).textContent()).toMatch(
    /^ledger production.*shell · namespace web · process 4000, for 5m$/,
  );
  expect(await rows.nth(1).textContent()).toMatch(/^orders.*command · process 4001, for 5m$/);
  await rows.nth(0).getByRole('button').click();
  await page.getByRole('heading', { name: /ledger/ }).waitFor();
  agent.tell({ kind: 'set', values: { terminals: [] } });
  await button.waitFor({ state: 'detached' });
});

test('the menu of a row opens a terminal on its cluster, by its id; what fails is said', async (context) => {
  const { agent, page, row } = await shown.open(context, { clusters });
  const asked: unknown[] = [];
  agent.handlers['terminal-open'] = async (input) => {
    asked.push(input);
    return { program: '/usr/bin/xterm' };
  };
  const open = async () => {
    await row('orders').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Open terminal' }).click();
  };
  await open();
  await eventually(async () => asked).toEqual([{ cluster: orders.id }]);
  agent.handlers['terminal-open'] = async () => {
    throw new AppError('file-unreadable', 'No terminal app is found.', { hint: 'Name one.' });
  };
  await open();
  await page.getByText('Could not open a terminal on').first().waitFor();
});
