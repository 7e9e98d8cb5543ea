import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { accountsText } from '../../renderer/accounts/text.ts';
import { headerText } from '../../renderer/header/text.ts';
import { type BrowserWindow, openBrowserWindow } from '../world/demo/browser-window.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { firstPerson } from '../world/people.ts';
import { defaultPlan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { findChromium } from './chromium.ts';

// The window's page of accounts, its agent, and the clouds' own sign-ins.

let world: World;
let commandLine: CommandLine;
let window: BrowserWindow;
let page: Page;
const { session } = defaultPlan.identityCenter;

beforeEach(async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  world = await startWorld();
  await rm(path.join(world.home, '.aws', 'sso'), { recursive: true });
  await rm(path.join(world.home, '.vault-token'));
  commandLine = await createCommandLine(world);
  const file = path.join(world.home, 'acme.yaml');
  const vault = { address: world.vault.url, mounts: ['clusters'], login: { method: 'userpass' } };
  await writeFile(
    file,
    JSON.stringify({ version: 1, name: 'Acme', sources: { vault: { addresses: [vault] } } }),
  );
  await commandLine.tunnels('setup', file, '--yes');
  window = await openBrowserWindow({ commandLine, executable });
  ({ page } = window);
  await page.getByRole('button', { name: headerText.accounts, exact: true }).click();
});

afterEach(async () => {
  await window?.close();
  await commandLine?.stop();
  await world?.close();
});

const account = (name: string) =>
  page
    .locator('.account')
    .filter({ has: page.getByRole('heading', { name, exact: true, level: 3 }) })
    .last();
const says = (name: string, state: string) => account(name).getByRole('status').getByText(state).waitFor();
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const accounts = async () => (await commandLine.tunnels<Output<'accounts'>>('accounts')).accounts;

test('signs in to AWS in the browser and out again, and says what holds on', async () => {
  await says(session, accountsText.states.signedOut);
  await press(accountsText.signInTo(session));
  await says(session, accountsText.states.renews);
  expect(await world.browser.tabs()).toHaveLength(1);
  expect(await accounts()).toContainEqual(
    expect.objectContaining({ provider: 'aws', session, status: 'signed-in' }),
  );
  await press(accountsText.signOutOf(session));
  await page.getByText(`${accountsText.removed} The AWS session ${session}`).waitFor();
  await page.getByText(`${accountsText.remaining} Role credentials issued earlier`).waitFor();
  await says(session, accountsText.states.signedOut);
  // What the command line does is seen, too.
  await commandLine.tunnels('login', 'aws', session);
  await says(session, accountsText.states.renews);
  const { entries } = await commandLine.tunnels<Output<'activity'>>('activity');
  expect(entries.toReversed().filter(({ kind }) => kind.startsWith('sign'))).toMatchObject(
    (['signed-in', 'signed-out', 'signed-in'] as const).map((kind) => ({ kind, provider: 'aws', session })),
  );
});

test('a wrong password is told, the right one signs in to Vault; the token lies where vault keeps it', async () => {
  const { host } = new URL(world.vault.url);
  const { email, password } = firstPerson(defaultPlan.people);
  await press(accountsText.signInTo(host));
  await page.getByLabel(accountsText.username).fill(email);
  await page.getByLabel(accountsText.password).fill('a guess');
  await page.keyboard.press('Enter');
  await account(host)
    .getByRole('alert')
    .getByText('does not accept the user name or the password. Try again.')
    .waitFor();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await says(host, accountsText.states.renews);
  expect(await readFile(path.join(world.home, '.vault-token'), 'utf8')).toMatch(/^hvs\./);
  await press(accountsText.signOutOf(host));
  await page.getByText(`${accountsText.removed} The Vault token of ${host}`).waitFor();
  await says(host, accountsText.states.signedOut);
});
