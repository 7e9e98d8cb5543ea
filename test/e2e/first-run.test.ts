import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import { targetHash } from '../../main/api/window-target.ts';
import type { OrganisationView } from '../../main/model/organisation-view.ts';
import { accountsText } from '../../renderer/accounts/text.ts';
import { agentText } from '../../renderer/agent/text.ts';
import { firstRunText } from '../../renderer/first-run/text.ts';
import { headerText } from '../../renderer/header/text.ts';
import { organisationText, settingsText } from '../../renderer/settings/text.ts';
import { setupText } from '../../renderer/setup/text.ts';
import { createSigner, type Publisher, startPublisher } from '../agent/organisation/publisher.ts';
import { type BrowserWindow, openBrowserWindow } from '../world/demo/browser-window.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { defaultPlan } from '../world/plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { findChromium } from './chromium.ts';
import { expectNamespaces } from './expect-namespaces.ts';

// The window on a computer where nobody has done anything yet but for an AWS configuration, or by an organisation's link.

const { session, accounts } = defaultPlan.identityCenter;
/** One that the access portal leads to. */
const title = 'playground';

let publisher: Publisher;
beforeAll(async () => {
  publisher = await startPublisher();
});
afterAll(() => publisher.close());

let world: World;
let commandLine: CommandLine;
let window: BrowserWindow;
let page: Page;

beforeEach(async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  world = await startWorld();
  for (const place of ['.aws/sso', '.aws/credentials', '.azure', '.config/gcloud', '.vault-token'])
    await rm(path.join(world.home, place), { recursive: true });
  const [account] = accounts;
  await appendFile(
    path.join(world.home, '.aws', 'config'),
    `\n[profile sandbox]\nsso_session = ${session}\nsso_account_id = ${account?.id}\nsso_role_name = Developer\n`,
  );
  const authorities = path.join(world.home, 'authorities.pem');
  const worlds = await readFile(world.env.NODE_EXTRA_CA_CERTS ?? '', 'utf8');
  await writeFile(authorities, `${worlds}\n${publisher.authority}`);
  commandLine = await createCommandLine(world, {
    VAULT_ADDR: '',
    GOOGLE_APPLICATION_CREDENTIALS: '',
    NO_PROXY: new URL(publisher.url).host,
    NODE_EXTRA_CA_CERTS: authorities,
    SSL_CERT_FILE: authorities,
  });
  window = await openBrowserWindow({ commandLine, executable, terminal: true });
  ({ page } = window);
});

afterEach(async () => {
  await window?.close();
  await commandLine?.stop();
  await world?.close();
});

const organisation = async () =>
  (await commandLine.tunnels<{ readonly organisation: OrganisationView | null }>('setup')).organisation;
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

test('from an AWS configuration to kubectl in a cluster with two clicks', async () => {
  await page.evaluate(() => {
    addEventListener(
      'click',
      () => {
        document.documentElement.dataset.clicks = `${Number(document.documentElement.dataset.clicks ?? 0) + 1}`;
      },
      true,
    );
  });
  await page.getByText(firstRunText.session(session, accountsText.states.signedOut)).waitFor();
  await page.getByText(firstRunText.profiles(['sandbox'])).waitFor();
  expect(await world.browser.tabs()).toEqual([]);
  await press(firstRunText.signInAll);
  // The sign-in comes by itself, and the list after it.
  await page.getByRole('switch', { name: `Connect ${title}`, exact: true }).click();
  await window.showsConnected(title);
  await expectNamespaces(commandLine, title).toContain(title);
  const clicks = await page.evaluate(() => Number(document.documentElement.dataset.clicks));
  expect(clicks).toBe(2);
  // One for AWS, one for Access.
  expect(await world.browser.tabs()).toHaveLength(2);
});

const follow = (query: string) =>
  page.evaluate(
    (hash) => {
      location.hash = hash;
    },
    targetHash({ kind: 'link', link: `k8s-tunnels://setup?${query}` }),
  );
const dialog = (name: string) => page.getByRole('alertdialog', { name, exact: true });

test('a setup link shows what it would do, does it on a yes, and is taken back in the settings', async () => {
  const acme = {
    version: 1,
    name: 'Acme',
    sources: {
      eks: {
        identityCenter: [defaultPlan.identityCenter].map(({ startUrl, region }) => ({ startUrl, region })),
      },
    },
    defaults: { kubeconfigMode: 'add' },
    locked: ['kubeconfigMode'],
  };
  publisher.publish('/acme.yaml', JSON.stringify(acme));
  const url = `${publisher.url}/acme.yaml`;
  const file = path.join(pathsFrom(world.env).config, 'organisation.json');
  await page.getByRole('heading', { name: firstRunText.title }).waitFor();
  await follow(`url=${url}`);
  const asked = dialog('Set up for Acme?');
  await asked.getByText(new URL(url).host, { exact: true }).waitFor();
  await asked.getByText(setupText.unsigned, { exact: true }).waitFor();
  await asked.getByText(settingsText.kubeconfigMode[0]).waitFor();
  await asked.getByText(setupText.managed, { exact: true }).waitFor();
  await press(setupText.no);
  await asked.waitFor({ state: 'detached' });
  expect(await organisation()).toBeNull();
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });

  await follow(`url=${url}`);
  await press(setupText.yes);
  await window.confirm(/Set up\?/);
  await page.getByText(agentText.done.setUp('Acme')).waitFor();
  await page.getByText(firstRunText.organisation('Acme', url)).waitFor();
  expect(await organisation()).toMatchObject({
    name: 'Acme',
    place: url,
    locked: ['kubeconfigMode'],
  });

  // Its sign-ins are shown at once; what it leads to takes one press, and shows.
  await press(firstRunText.signInAll);
  await page.getByRole('switch', { name: `Connect ${title}`, exact: true }).waitFor();
  publisher.publish('/acme.yaml', JSON.stringify({ ...acme, locked: [] }));
  await page.getByRole('banner').getByRole('button', { name: headerText.settings, exact: true }).click();
  await press(organisationText.refresh);
  await page.getByText(agentText.done.setupChanged).waitFor();
  expect(await organisation()).toMatchObject({ locked: [] });
  await press(organisationText.remove);
  await press(organisationText.yes);
  await window.confirm(/Remove it\?/);
  await page.getByRole('region', { name: organisationText.title }).getByText(organisationText.none).waitFor();
  expect(await organisation()).toBeNull();
});

test('a configuration that is not good is refused, with what helps', async () => {
  const signer = createSigner();
  const key = encodeURIComponent(signer.key);
  const good = 'version: 1\nname: Acme\n';
  publisher.publish('/broken.yaml', 'version: 1\nname: [\n');
  publisher.publish('/unknown.yaml', `${good}acess: {team: x}\n`);
  publisher.publish('/long.yaml', `${good}# ${'x'.repeat(1024 * 1024)}`);
  publisher.publish('/signed.yaml', good);
  publisher.publish('/signed.yaml.sig', signer.sign('something else'));
  publisher.publish('/unsigned.yaml', good);
  const cases: readonly (readonly [query: string, message: RegExp, hint: RegExp])[] = [
    ['url=http://acme.example/a.yaml', /only be fetched from an https:/, /begins with https:/],
    [`url=${publisher.url}/nowhere.yaml`, /answered 404/, /Check the address/],
    [`url=${publisher.url}/broken.yaml`, /broken.yaml, line \d+/, /Correct it there/],
    [`url=${publisher.url}/unknown.yaml`, /line 3, acess: is not known/, /Correct it there/],
    [`url=${publisher.url}/long.yaml`, /larger than 1 MB/, /Check the address/],
    [
      `url=${publisher.url}/signed.yaml&key=${key}`,
      /signature .* is not the organisation's/,
      /the key is a different one/,
    ],
    [
      `url=${publisher.url}/unsigned.yaml&key=${key}`,
      /has no signature beside it/,
      /Report it to the administrator/,
    ],
    [`url=${publisher.url}/signed.yaml&key=AAAA`, /not an ed25519 public key/, /for its key/],
  ];
  for (const [query, message, hint] of cases) {
    await follow(query);
    const alert = dialog(setupText.unread).getByRole('alert');
    await vi.waitFor(async () => expect(await alert.textContent()).toMatch(message), { timeout: 15_000 });
    expect(await alert.textContent()).toMatch(hint);
    expect(await page.getByRole('alertdialog').getByRole('button').allTextContents()).not.toContain(
      setupText.yes,
    );
    await press(setupText.no);
  }
  publisher.publish('/signed.yaml.sig', signer.sign(good));
  await follow(`url=${publisher.url}/signed.yaml&key=${key}`);
  await dialog('Set up for Acme?').getByText(signer.key, { exact: true }).waitFor();
  expect(await organisation()).toBeNull();
});
