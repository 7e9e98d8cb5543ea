import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { headerText } from '../../renderer/header/text.ts';
import { settingsText } from '../../renderer/settings/text.ts';
import { type Desktop, desktopFixture } from './desktop-fixture.ts';
import type { DoubleDriver } from './double-driver.ts';

/** The desktop and agents without it take turns on the same sign-ins. */

const patience = { timeout: 15_000, interval: 20 };
const clusters = { gcp: 'storefront-staging', azure: 'loyalty-staging' } as const;

/** A person of whom no vendor's tool knows; the organisation's client signs in to Google. */
async function prepare({ world, commandLine }: Desktop) {
  for (const place of ['.azure', '.config/gcloud'])
    await rm(path.join(world.home, place), { recursive: true });
  const { state } = pathsFrom(world.env);
  const { id, secret } = world.gcp.signIns.desktopClient;
  const acme = path.join(world.home, 'acme.yaml');
  const client = `oauthClient: {id: ${id}, secret: ${secret}}`;
  await writeFile(acme, `version: 1\nname: Acme\nsources:\n  gke:\n    ${client}\n`);
  await commandLine.tunnels('setup', acme, '--yes');
  const contentOf = (name: string) => readFile(path.join(state, name), 'utf8');
  return {
    state,
    contents: async () => ({
      gcp: await contentOf('google-sign-in.json'),
      azure: await contentOf('azure-sign-in.json'),
    }),
    async signIn() {
      for (const provider of ['gcp', 'azure']) await commandLine.tunnels('login', provider);
    },
    async accounts() {
      const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
      return accounts.filter(({ provider, ours }) => ours && (provider === 'gcp' || provider === 'azure'));
    },
    async credentials() {
      const asked = Object.values(clusters).map(async (cluster) => {
        const { stdout } = await commandLine.run('k8s-tunnels', ['credential', cluster, '--json']);
        return JSON.parse(stdout) as {
          readonly status?: { readonly token: string };
          readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
        };
      });
      return Promise.all(asked);
    },
    notices: async () => (await commandLine.tunnels<Output<'snapshot'>>('status')).notices,
  };
}

async function settingsSay(app: DoubleDriver, words: string): Promise<void> {
  const page = await app.page();
  await page.getByRole('button', { name: headerText.settings }).click();
  await page.getByText(words, { exact: true }).waitFor();
}

async function quit(app: DoubleDriver): Promise<void> {
  await app.click('Quit');
  await app.ended;
}

describe('sign-ins of our own', { timeout: 120_000 }, () => {
  const desktop = desktopFixture();

  test('the desktop seals them; an agent without it says whose they are, and leaves them', async (context) => {
    const all = desktop.of(context);
    const person = await prepare(all);
    const app = await all.start();
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/connected$/), patience);
    await person.signIn();
    for (const content of Object.values(await person.contents()))
      expect(content).not.toMatch(/refresh|secret|ada@/i);
    for (const name of ['google-sign-in.json', 'azure-sign-in.json', 'sign-in-key'])
      expect((await stat(path.join(person.state, name))).mode & 0o777).toBe(0o600);
    await settingsSay(app, settingsText.signInsKept.keychain);
    for (const account of await person.accounts())
      expect(account).toMatchObject({
        who: 'ada@acme.example',
        status: 'signed-in',
        store: expect.stringContaining('your keychain'),
      });
    for (const { status } of await person.credentials()) expect(status?.token).toBeTruthy();
    await quit(app);
    const sealed = await person.contents();

    // As kubectl does, with no app: the first command starts an agent.
    for (const { error } of await person.credentials()) {
      expect(error?.code).toBe('login-sealed');
      expect(error?.message).toMatch(/^Your session with (Google Cloud|Azure) is held by the desktop app\.$/);
      expect(error?.hint).toContain('Start the k8s-tunnels app');
    }
    const { failed } = await all.commandLine.tunnels<Output<'discover'>>('discover');
    expect(failed.map(({ error }) => error?.code)).toEqual(expect.arrayContaining(['login-sealed']));
    for (const account of await person.accounts())
      expect(account).toMatchObject({ status: 'ended', store: expect.stringContaining('Start the') });
    expect(await person.contents()).toEqual(sealed);

    // The app again: it takes over, and has them still.
    const again = await all.start();
    await vi.waitFor(async () => expect((await again.menu())[0]?.label).toMatch(/connected$/), patience);
    for (const { status } of await person.credentials()) expect(status?.token).toBeTruthy();
    expect(await person.notices()).toEqual([]);
    await quit(again);
  });

  test('made without the desktop, they are plain files; the desktop seals them when it takes over', async (context) => {
    const all = desktop.of(context);
    const person = await prepare(all);
    await person.signIn();
    expect(JSON.parse((await person.contents()).gcp)).toHaveProperty('refresh_token');
    for (const account of await person.accounts())
      expect(account.store).toMatch(/sign-in\.json, which only you can read$/);
    const app = await all.start();
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/connected$/), patience);
    for (const content of Object.values(await person.contents())) expect(content).not.toMatch(/refresh/i);
    for (const { status } of await person.credentials()) expect(status?.token).toBeTruthy();
    await quit(app);

    // Signed in anew without it: what was sealed is replaced, and that is said.
    await person.signIn();
    expect((await person.notices()).map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Your session with Google Cloud, which the desktop app had sealed, was replaced/,
      ),
      expect.stringMatching(/^Your session with Azure, which the desktop app had sealed, was replaced/),
    ]);
    for (const { status } of await person.credentials()) expect(status?.token).toBeTruthy();
  });

  test('a computer without a keychain: files, said openly', async (context) => {
    const all = desktop.of(context);
    const person = await prepare(all);
    const app = await all.startWith({ ELECTRON_DOUBLE_KEYCHAIN: 'basic_text' });
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/connected$/), patience);
    await person.signIn();
    expect(JSON.parse((await person.contents()).gcp)).toHaveProperty('refresh_token');
    expect(await readdir(person.state)).not.toContain('sign-in-key');
    await settingsSay(app, settingsText.signInsKept['no-keychain']);
    await quit(app);
  });

  test('a keychain that was emptied: what it sealed is set aside and said, and a new sign-in is sealed', async (context) => {
    const all = desktop.of(context);
    const person = await prepare(all);
    const app = await all.start();
    await vi.waitFor(async () => expect((await app.menu())[0]?.label).toMatch(/connected$/), patience);
    await person.signIn();
    const sealed = await person.contents();
    await quit(app);
    const key = await readFile(path.join(person.state, 'sign-in-key'));
    const keychain = path.join(all.world.home, '.electron-double', 'keychain');
    const earlier = await readFile(keychain);
    await rm(keychain);
    const again = await all.start();
    await vi.waitFor(async () => expect((await again.menu())[0]?.label).toMatch(/connected$/), patience);
    expect((await person.notices()).map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('`k8s-tunnels login gcp`'),
        expect.stringContaining('`k8s-tunnels login azure`'),
      ]),
    );
    const aside = path.join(person.state, 'google-sign-in.json.sealed');
    expect(await readFile(aside, 'utf8')).toBe(sealed.gcp);
    // The key that sealed it stays too: the earlier keychain may come back.
    expect(await readFile(path.join(person.state, 'sign-in-key'))).toEqual(key);
    expect((await person.notices()).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('does not open the key of your earlier sessions'),
    );
    await person.signIn();
    expect((await person.contents()).gcp).not.toMatch(/refresh/i);
    for (const { status } of await person.credentials()) expect(status?.token).toBeTruthy();
    await quit(again);

    // The earlier keychain is back: so are the sign-ins that it sealed.
    await writeFile(keychain, earlier);
    const back = await all.start();
    await vi.waitFor(async () => expect((await back.menu())[0]?.label).toMatch(/connected$/), patience);
    for (const { status } of await person.credentials()) expect(status?.token).toBeTruthy();
    expect((await person.notices()).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('can be opened again'),
    );
    await quit(back);
  });
});
