import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import { firstRunText } from '../../renderer/first-run/text.ts';
import { setupText } from '../../renderer/setup/text.ts';
import { createSigner, type Publisher, startPublisher } from '../agent/organisation/publisher.ts';
import { builtProgram } from '../cli/run-cli.ts';
import { startInTerminal } from '../cli/terminal.ts';
import { startDouble } from '../desktop/double-driver.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { createKubeClient } from '../world/demo/kube-client.ts';
import { secondPlan } from '../world/second-plan.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Chromium, findChromium, startChromium } from './chromium.ts';

// From an empty home and the one address that an organisation gives to people, with its key: kubectl answers after three
// actions and one sign-in tab. The organisation has nothing in common with the demo's.

const title = 'orders-us';
const actionsAtMost = 3;
const tabsAtMost = 1;
const wellKnown = '/.well-known/k8s-tunnels.yaml';
const signer = createSigner();
const plan = secondPlan({
  eks: {
    'globex-hostname': 'orders.k8s.globex.example',
    'globex-name': title,
    'globex-environment': 'acceptance',
  },
  vault: { server: 'https://k8s.press.globex.internal:6443' },
});
const globex = `version: 1
name: Globex
tagPrefix: globex-
access: { team: ${plan.team} }
sources:
  eks:
    identityCenter:
      - { startUrl: ${plan.identityCenter.startUrl}, region: ${plan.identityCenter.region} }
    regions: [us-west-2, ap-southeast-2]
    roles: [KubeReader]
  gke: { enabled: false }
  aks: { enabled: false }
  vault: { enabled: false }
production: { environments: [live] }
`;

let publisher: Publisher;
let world: World;
let commandLine: CommandLine;
/** As an organisation tells it to people. */
let address: string;

beforeAll(async () => {
  publisher = await startPublisher();
  publisher.publish(wellKnown, globex);
  publisher.publish(`${wellKnown}.sig`, signer.sign(globex));
  address = new URL(publisher.url).host;
});
afterAll(() => publisher.close());
beforeEach(async () => {
  world = await startWorld({ plan });
  for (const left of ['.aws', '.azure', '.vault-token', '.config/gcloud'])
    await rm(path.join(world.home, left), { recursive: true });
  const authorities = path.join(world.home, 'authorities.pem');
  const worlds = await readFile(world.env.NODE_EXTRA_CA_CERTS ?? '', 'utf8');
  await writeFile(authorities, `${worlds}\n${publisher.authority}`);
  commandLine = await createCommandLine(world, {
    NODE_EXTRA_CA_CERTS: authorities,
    SSL_CERT_FILE: authorities,
    NO_PROXY: '127.0.0.1',
    VAULT_ADDR: '',
    GOOGLE_APPLICATION_CREDENTIALS: '',
  });
});
afterEach(async () => {
  await commandLine?.stop();
  await world?.close();
});

/** As a person types it: the context is the current one. */
const kubectlAnswers = async () => {
  const { kubectl } = commandLine;
  if (kubectl === undefined) return createKubeClient(commandLine).namespaces(title);
  const { stdout, stderr } = await commandLine.run(kubectl, ['get', 'namespaces', '-o', 'name']);
  return (stdout + stderr).split('\n').map((line) => line.replace('namespace/', ''));
};
const providers = async () => {
  const { accounts } = await commandLine.tunnels<Output<'accounts'>>('accounts');
  return accounts.map(({ provider, status }) => `${provider} ${status}`).sort();
};

test('in a terminal: set up, connect, and a yes to the sign-in', async () => {
  let actions = 0;
  const act = <T>(work: T): T => {
    actions += 1;
    return work;
  };
  const before = await commandLine.run('k8s-tunnels', ['list']);
  for (const place of ['AWS', 'Google Cloud', 'Azure', 'Vault', 'k8s-tunnels setup'])
    expect(before.stderr).toContain(place);
  const done = await act(commandLine.run('k8s-tunnels', ['setup', address, '--key', signer.key, '--yes']));
  expect(done).toMatchObject({ code: 0, stdout: '✓ Set up for Globex\n' });
  expect(done.stderr).toContain(
    'Not signed in to AWS (https://globex.awsapps.com/start): `k8s-tunnels login',
  );
  // What it has switched off is not offered.
  expect(await providers()).toEqual(['access signed-out', 'aws signed-out']);

  const terminal = act(
    startInTerminal({ args: ['connect', title], env: commandLine.env, program: builtProgram }),
  );
  await terminal.shows(/You are not signed in to AWS .* Sign in now\?/);
  act(terminal.press('\r'));
  expect({ code: await terminal.ended, screen: terminal.screen() }).toMatchObject({ code: 0 });
  expect(await kubectlAnswers()).toContain('orders');
  expect(actions).toBeLessThanOrEqual(actionsAtMost);
  expect(await world.browser.tabs()).toHaveLength(tabsAtMost);
}, 120_000);

test('in a terminal without a person to ask, each step is named by the command for it', async () => {
  const unknown = await commandLine.run('k8s-tunnels', ['connect', title]);
  expect(unknown.code).toBe(4);
  await commandLine.run('k8s-tunnels', ['setup', address, '--key', signer.key, '--yes']);
  const refused = await commandLine.run('k8s-tunnels', ['connect', title]);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('`k8s-tunnels login aws https://globex.awsapps.com/start`');
  const listed = await commandLine.run('k8s-tunnels', ['list']);
  expect(listed.stderr).toContain('`k8s-tunnels login aws https://globex.awsapps.com/start`');
  // Access cannot work before a cluster is known: with one sign-in that can, it is the one that is begun.
  const blocked = await commandLine.run('k8s-tunnels', ['login', 'access']);
  expect(blocked).toMatchObject({ code: 2 });
  expect(blocked.stderr).toContain('Sign in to where your clusters are first');
  expect(await world.browser.tabs()).toEqual([]);
  const all = await commandLine.run('k8s-tunnels', ['login', '--all']);
  expect(all.code).toBe(0);
  expect(all.stdout).toMatch(
    /✓ AWS \(https:\/\/globex.*\n✓ Cloudflare Access \(globex\.cloudflareaccess\.com\)/,
  );
  expect(await world.browser.tabs()).toHaveLength(tabsAtMost);
  const added = await commandLine.run('k8s-tunnels', ['connect', title, '--add']);
  expect(added.stdout).toContain(`kubectl --context ${title} get namespaces`);
  expect(await createKubeClient(commandLine).namespaces(title)).toContain('orders');
  expect(await world.browser.tabs()).toHaveLength(tabsAtMost);
  expect((await commandLine.run('k8s-tunnels', ['login', '--all'])).stdout).toBe(
    'Already signed in everywhere.\n',
  );
}, 120_000);

test('AWS by its start URL alone, from an empty home', async () => {
  const { startUrl, region } = plan.identityCenter;
  const bare = startUrl.replace('https://', '');
  const without = await commandLine.run('k8s-tunnels', ['login', 'aws', bare]);
  expect(without).toMatchObject({ code: 2 });
  expect(without.stderr).toContain('--region eu-west-1');
  const done = await commandLine.run('k8s-tunnels', ['login', 'aws', `${bare}/#/`, '--region', region]);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`✓ AWS (${startUrl}): signed in`) });
  const { clusters } = await commandLine.tunnels<Output<'snapshot'>>('list');
  expect(clusters.map(({ name }) => name)).toContain('orders');
  // Nobody's configuration was touched.
  await expect(readFile(path.join(world.home, '.aws', 'config'))).rejects.toMatchObject({ code: 'ENOENT' });
}, 120_000);

test('in the window: the address, a yes, and the switch', async (context) => {
  const executable = await findChromium();
  if (executable === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
  const chromium: Chromium = await startChromium(executable);
  const driver = await startDouble({ env: { ...commandLine.env, TERM: 'dumb' }, chromium, args: [] });
  try {
    const page = await driver.page();
    await page.evaluate(() => {
      // A form that is sent with Enter clicks its button, too.
      addEventListener(
        'click',
        () => {
          document.documentElement.dataset.clicks = `${Number(document.documentElement.dataset.clicks ?? 0) + 1}`;
        },
        true,
      );
    });
    const words = firstRunText;
    // Mistakes are shown under their field, and lead to no other address.
    await page.getByLabel(words.address).fill('acme');
    await page.getByLabel(words.address).press('Enter');
    await page.getByRole('alert').getByText('neither an address nor').waitFor();
    await page.getByLabel(words.key).fill('not a key');
    await page.getByLabel(words.address).press('Enter');
    await page.getByRole('alert').getByText(words.noKey).waitFor();
    await page.evaluate(() => {
      document.documentElement.dataset.clicks = '0';
    });

    await page.getByLabel(words.address).fill(address);
    await page.getByLabel(words.key).fill(signer.key);
    await page.getByLabel(words.address).press('Enter');
    const asked = page.getByRole('alertdialog', { name: 'Set up for Globex?' });
    await asked.getByText(setupText.signed, { exact: true }).waitFor();
    await asked.getByText(`${publisher.url}${wellKnown}`, { exact: true }).waitFor();
    expect(await world.browser.tabs()).toEqual([]);
    await asked.getByRole('button', { name: setupText.yesAndSignIn, exact: true }).click();
    await page.getByRole('switch', { name: `Connect ${title}`, exact: true }).click();
    await page
      .getByRole('listitem')
      .filter({ has: page.getByRole('switch', { name: `Connect ${title}`, exact: true, checked: true }) })
      .getByText('Connected', { exact: true })
      .waitFor({ state: 'attached' });
    expect(await kubectlAnswers()).toContain('orders');
    expect(await page.evaluate(() => Number(document.documentElement.dataset.clicks))).toBeLessThanOrEqual(
      actionsAtMost,
    );
    expect(await world.browser.tabs()).toHaveLength(tabsAtMost);
  } finally {
    await driver.kill();
    await chromium.close();
  }
}, 120_000);
