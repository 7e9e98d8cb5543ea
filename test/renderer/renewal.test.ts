import { expect, test } from 'vitest';
import { AppError } from '../../main/model/app-error.ts';
import { aCluster, anAccount } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const minute = 60_000;
const team = 'acme.cloudflareaccess.com';
const clusters = [aCluster('orders')];
const ending = (inMs: number) => ({ authDomain: team, email: 'ada@acme.example', endsAt: Date.now() + inMs });

test('a session that ends within a quarter of an hour is renewed by one button', async (context) => {
  const { page, agent } = await shown.open(context, { clusters, sessions: [ending(14 * minute)] });
  const asked: unknown[] = [];
  let finish = () => {};
  agent.handlers.login = async (input) => {
    asked.push(input);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    agent.tell({ kind: 'set', values: { sessions: [ending(12 * 60 * minute)] } });
    return { account: anAccount(team, { provider: 'access' }) };
  };
  await page.getByText(`Your session at ${team} ends in 14m`).waitFor();
  await page.getByRole('button', { name: 'Renew session' }).click();
  await eventually(() => page.getByRole('button', { name: 'Signing in' }).isDisabled()).toBe(true);
  finish();
  await page.getByText(`Your session at ${team}`).waitFor({ state: 'detached' });
  expect(asked).toEqual([{ provider: 'access', session: team }]);
});

test('Access is offered before a cloud, and what cannot be renewed says why', async (context) => {
  const { page, agent, openNotices } = await shown.open(context, {
    clusters,
    sessions: [ending(14 * minute)],
  });
  agent.handlers.accounts = async () => ({
    accounts: [
      anAccount('main', { endsAt: Date.now() + 5 * minute }),
      anAccount('renewed', { endsAt: Date.now() + 5 * minute, renews: true }),
      anAccount('later', { endsAt: Date.now() + 60 * minute }),
    ],
  });
  agent.handlers.login = async () => {
    throw new AppError('access-login-failed', 'The login was refused.');
  };
  await page.reload();
  await page.locator('.notice-title', { hasText: team }).waitFor();
  await page.getByText('+1', { exact: true }).waitFor();
  await openNotices();
  const titles = page.locator('.banner-text');
  await eventually(() => titles.allTextContents()).toEqual([
    expect.stringContaining(team),
    expect.stringContaining('main'),
  ]);
  await page.getByRole('button', { name: 'Renew session' }).first().click();
  await page.getByText('The login was refused.').waitFor();
});

test('a session is offered once, and again when it is another one', async (context) => {
  const { page, agent, openNotices } = await shown.open(context, {
    clusters,
    sessions: [ending(14 * minute)],
  });
  await openNotices();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByText(`Your session at ${team}`).waitFor({ state: 'detached' });
  agent.tell({ kind: 'set', values: { sessions: [ending(10 * minute)] } });
  await page
    .getByText(new RegExp(`^Your session at ${team} ends in 1[01]m`))
    .first()
    .waitFor();
});

test('a session that lasts is not offered', async (context) => {
  const { page } = await shown.open(context, { clusters, sessions: [ending(20 * minute)] });
  await page.locator('.row').first().waitFor();
  expect(await page.getByText(`Your session at ${team}`).count()).toBe(0);
});
