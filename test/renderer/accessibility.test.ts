import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { targetHash } from '../../main/api/window-target.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { defaultSettings } from '../../main/model/settings.ts';
import type { TunnelState } from '../../main/model/tunnel-state.ts';
import { aComparison, aDeployment } from './comparisons.ts';
import {
  aCell,
  aCluster,
  aDenial,
  anAccount,
  anOrganisation,
  aRelease,
  aSetupPreview,
  aTunnel,
  connected,
  originFailure,
  someActivity,
} from './shown.ts';
import { windowFixture } from './window-fixture.ts';

const shown = windowFixture();
// The smaller form: each page loads it again.
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No rule of axe is broken, neither in light nor in dark, which differ in nothing but colours. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined;
    const told: string[] = [];
    for (const { id, nodes } of await violationsOf(page, rules))
      for (const { target, failureSummary } of nodes)
        if (id !== 'label-content-name-mismatch' || !(await isCut(page, target.join(' '))))
          told.push(`${colorScheme} ${id}: ${target.join(' ')}: ${failureSummary}`);
    expect(told).toEqual([]);
  }
}

/** Whether a name is shown with its middle left out, and so is not in its label as it is shown. */
function isCut(page: Page, selector: string): Promise<boolean> {
  return page
    .locator(selector)
    .evaluate((element) =>
      [...element.querySelectorAll('.middle-ellipsis > span')].some(
        ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
      ),
    );
}

async function violationsOf(page: Page, rules?: readonly string[]): Promise<axe.Result[]> {
  const isThere = await page.evaluate(() => 'axe' in window);
  if (!isThere) await page.evaluate(axeSource);
  return page.evaluate(
    async (runOnly) => {
      const { axe: inPage } = window as unknown as { readonly axe: typeof axe };
      const options = { preload: false, resultTypes: ['violations' as const] };
      const { violations } = await inPage.run(runOnly === undefined ? options : { ...options, runOnly });
      return violations;
    },
    rules === undefined ? undefined : [...rules],
  );
}

const states: Readonly<Record<string, TunnelState>> = {
  connected: connected(),
  degraded: { status: 'degraded', since: 1, failure: originFailure },
  trying: {
    status: 'reconnecting',
    since: 1,
    attempt: 2,
    nextAt: Date.now() + 60_000,
    failure: originFailure,
  },
  failed: { status: 'failed', since: 1, failure: originFailure },
  coming: { status: 'connecting', since: 1 },
  going: { status: 'closing', since: 1 },
};
const open = Object.entries(states).map(([title, state]) => {
  const cluster = aCluster(title, {
    environment: title === 'connected' ? 'production' : 'staging',
    owner: 'platform',
    docs: 'https://wiki.example.com',
  });
  return { cluster, tunnel: aTunnel(cluster.id, state) };
});
const [first] = open;
const resting = [
  aCluster('starred'),
  aCluster('stale', { stale: true, seenAt: 1, account: '444455556666' }),
  aCluster('bare', { reach: { kind: 'none', reason: 'Tag k8s-tunnels-hostname is missing.' } }),
  aCluster('told', {
    name: 'eks-7f3a',
    description: 'What it is for',
    docs: 'https://wiki.example.com/told',
    owner: 'platform',
    group: 'shop',
    version: '1.32',
    tags: { 'k8s-tunnels-origin': 'sox', 'k8s-tunnels-group': 'shop' },
    tagProblems: [{ key: 'k8s-tunnels-origin', message: 'It says sox.', hint: 'Say socks or tcp.' }],
  }),
];
const everything: Partial<Snapshot> = {
  clusters: [...open.map(({ cluster }) => cluster), ...resting],
  tunnels: open.map(({ tunnel }) => tunnel),
  favourites: resting.slice(0, 1).map(({ id }) => id),
  kept: resting.filter(({ title }) => title === 'starred' || title === 'told').map(({ id }) => id),
  cells: [
    aCell('eu-west-1'),
    aCell('us-east-1', { code: 'aws-denied', message: 'eks:ListClusters is denied.', retryable: false }),
  ],
  sessions: [{ authDomain: 'team.cloudflareaccess.com', email: 'ada@example.com', endsAt: 4e12 }],
  logins: [
    {
      kind: 'access',
      title: 'other.cloudflareaccess.com',
      url: 'https://other.cloudflareaccess.com',
      since: 1,
    },
  ],
  notices: [{ at: 1, level: 'warning', message: 'orders was not opened again.' }],
  ...(first === undefined ? {} : { kubectl: { context: 'connected', cluster: first.cluster.id } }),
};
const quiet = { ...everything, logins: [], notices: [], cells: [] };

test('the list, whatever state a row is in', async (context) => {
  const { page, row } = await shown.open(context, quiet);
  await row('stale').hover();
  await expectAccessible(page);
});

test('the banners', async (context) => {
  const { page, agent, switchOf, banner, openNotices } = await shown.open(context, everything);
  agent.handlers.disconnect = () => Promise.reject(new AppError('kubeconfig-locked', 'Somebody writes it.'));
  await switchOf('degraded').click();
  await page.getByRole('alert').getByText('Could not disconnect degraded').waitFor();
  await expectAccessible(page);
  await openNotices();
  await banner('Could not disconnect degraded').waitFor();
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await expectAccessible(page);
});

test('what a search finds, and one that finds nothing', async (context) => {
  const { page, row } = await shown.open(context, { ...everything, logins: [], notices: [] });
  await page.getByRole('searchbox').fill('e');
  await page.keyboard.press('Escape');
  await row('told').hover();
  await expectAccessible(page);
  await page.getByRole('searchbox').fill('nothing');
  await page.getByRole('heading', { name: 'No cluster matches' }).waitFor();
  await expectAccessible(page);
});

test('filters, their menu, and a search that they leave without a hit', async (context) => {
  const { page } = await shown.open(context, quiet);
  await page.getByRole('button', { name: 'Filters and groups' }).click();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: 'staging' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'No environment' }).hover();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expectAccessible(page);
  await page.getByRole('searchbox').fill('nothing');
  await page.getByRole('heading', { name: 'No cluster matches “nothing” and the filters' }).waitFor();
  await expectAccessible(page);
});

test('rows that are selected, and what can be done with them', async (context) => {
  const { page, row } = await shown.open(context, quiet);
  for (const title of ['connected', 'failed', 'stale', 'bare'])
    await row(title).click({ modifiers: ['Control'] });
  await page.getByText('4 selected').waitFor();
  await expectAccessible(page);
});

test('the open bar, the actions of a result, nothing to choose, and the list of keys', async (context) => {
  const { page, row } = await shown.open(context, {
    ...quiet,
    recent: [{ cluster: aCluster('bare').id, at: 1 }],
  });
  await row('connected').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'Disconnect all' }).hover();
  await expectAccessible(page);
  await page.keyboard.type('degraded');
  await page.getByRole('option', { name: 'degraded' }).first().waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Tab');
  await page.getByRole('option', { name: 'Disconnect degraded' }).hover();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Refresh' }).focus();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await expectAccessible(page);
});

test('what was done, with the way back', async (context) => {
  const { page, switchOf } = await shown.open(context, quiet);
  await switchOf('connected').click();
  await page.getByRole('button', { name: 'Undo' }).focus();
  await expectAccessible(page);
});

test('a wide window: the list alone, with a cluster and with a page beside it', async (context) => {
  const { agent, page, row } = await shown.open(context, { ...quiet, kubectl: {} });
  await page.setViewportSize({ width: 960, height: 680 });
  await page.getByText('Open a cluster to see its details here.').waitFor();
  await expectAccessible(page);
  agent.tell({ kind: 'set', values: { kubectl: quiet.kubectl ?? {} } });
  await page.getByRole('heading', { name: 'connected', level: 1 }).waitFor();
  await expectAccessible(page);
  await row('told').getByRole('button', { name: 'told', exact: true }).click();
  await page.getByRole('heading', { name: 'told', level: 1 }).waitFor();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('Group by').waitFor();
  await expectAccessible(page);
});

test('the page of a cluster', async (context) => {
  const { page, row } = await shown.open(context, quiet);
  for (const title of ['connected', 'failed', 'told']) {
    await row(title).getByRole('button', { name: title, exact: true }).click();
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
  }
});

test('what is not for the person, in the list and on its page', async (context) => {
  const kept = aCluster('kept', {
    reach: { kind: 'tunnel', hostname: 'kept.k8s.example.com', origin: 'socks' },
    environment: 'production',
    owner: 'platform',
  });
  const { page, row } = await shown.open(context, {
    ...quiet,
    clusters: [...(quiet.clusters ?? []), kept],
    policies: [aDenial('kept.k8s.example.com', { ray: '8f2a-FRA', failing: ['disk encryption'] })],
  });
  await page.getByRole('button', { name: 'Show 1 cluster without access' }).click();
  await row('kept').hover();
  await expectAccessible(page);
  await row('kept').getByRole('button', { name: 'Details: kept' }).click();
  await page.getByRole('heading', { name: 'kept', level: 1 }).waitFor();
  await expectAccessible(page);
});

test('the settings, one of them rejected', async (context) => {
  const { page } = await shown.open(context, quiet);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByText('Advanced', { exact: true }).click();
  await page.getByLabel('AWS regions').fill('Dublin');
  await page.getByLabel('AWS regions').press('Enter');
  await page.getByRole('alert').waitFor();
  await expectAccessible(page);
});

test('the accounts: in every state, a code that waits, a password, a failure, what a sign-out leaves', async (context) => {
  const { page, agent } = await shown.open(context, { ...quiet, logins: [] });
  const vault = anAccount('vault', { provider: 'vault', status: 'signed-out', asks: 'password' });
  agent.handlers.accounts = async () => ({
    accounts: [
      anAccount('access', { provider: 'access', ours: false, who: 'ada@example.com', endsAt: 4e12 }),
      anAccount('acme'),
      anAccount('ended', { status: 'ended', endsAt: 1 }),
      anAccount('waiting', { status: 'signed-out' }),
      anAccount('Azure CLI', { provider: 'azure', store: 'Azure CLI', ours: false, renews: true }),
      vault,
    ],
  });
  agent.handlers.logout = async () => ({ removed: ['The sign-in.'], remaining: ['The session.'] });
  agent.handlers.login = () => Promise.reject(new AppError('login-failed', 'No.', { hint: 'Try again.' }));
  await page.getByRole('button', { name: 'Accounts' }).click();
  await page.getByRole('button', { name: 'Sign out of acme' }).click();
  await page.getByText('Remaining:').waitFor();
  const waiting = {
    kind: 'aws',
    title: 'AWS',
    session: 'waiting',
    url: 'https://a.example',
    since: 1,
  } as const;
  agent.tell({ kind: 'set', values: { logins: [{ ...waiting, userCode: 'ABCD-EFGH' }] } });
  await page.getByRole('button', { name: 'Sign in to vault' }).click();
  await page.getByLabel('Username').fill('ada');
  await page.getByLabel('Password').fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.getByRole('link', { name: 'Open page' }).waitFor();
  await expectAccessible(page);
});

test('the menu of kubectl, and the question before production', async (context) => {
  const { page } = await shown.open(context, { ...quiet, kubectl: { context: 'minikube' } });
  await page.getByRole('button', { name: 'Current context: minikube' }).click();
  await page.getByRole('menuitemradio', { name: 'connected' }).hover();
  await expectAccessible(page);
  await page.getByRole('menuitemradio', { name: 'connected' }).click();
  await page.getByRole('alertdialog').waitFor();
  await expectAccessible(page);
});

test('a newer version, and what is new in it', async (context) => {
  const notes = '# One\n\nWith `code` and [a link](https://a.example/).\n\n- item\n\n```\nkubectl\n```\n';
  const { page, agent, banner, openNotices } = await shown.open(context, {
    ...quiet,
    release: aRelease({ notes: notes.repeat(9) }),
  });
  await openNotices();
  await banner('1.4.0 is out').waitFor();
  await expectAccessible(page);
  agent.tell({ kind: 'set', values: { release: aRelease({ notes: notes.repeat(9), isRequired: true }) } });
  await banner('no longer supported').waitFor();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'What’s new' }).click();
  await page.getByRole('dialog').waitFor();
  await expectAccessible(page);
});

test('what happened, of every kind, of one cluster, problems only, none at all, and unread', async (context) => {
  const { page, agent } = await shown.open(context, quiet);
  const happened = first?.cluster ?? aCluster('gone');
  agent.handlers.activity = async () => ({ entries: someActivity(happened) });
  await page.getByRole('button', { name: 'Activity' }).click();
  await page.locator('.entry').first().waitFor();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Problems only' }).click();
  await page.getByRole('button', { name: happened.title, exact: true }).first().click();
  await page.getByRole('region', { name: 'Recent errors' }).getByRole('button').click();
  await page.locator('.chip').waitFor();
  await expectAccessible(page);
  agent.handlers.activity = async () => ({ entries: [] });
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Recent errors' }).getByRole('button').click();
  await page.locator('.nothing').waitFor();
  await expectAccessible(page);
  agent.handlers.activity = () => Promise.reject(new AppError('internal', 'It is confused.'));
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Recent errors' }).getByRole('button').click();
  await page.getByRole('alert').waitFor();
  await expectAccessible(page);
});

test.for([440, 1_000])('the past of a cluster, in a window of %i', async (width, context) => {
  const { page, agent, row } = await shown.open(context, quiet);
  await page.setViewportSize({ width, height: 680 });
  agent.handlers.history = async () => ({
    samples: [{ at: 1, ms: 20 }, { at: 2 }, { at: 3, ms: 30 }],
    traffic: { connections: 1, sent: 2, received: 3 },
    entry: { file: '/home/ada/.kube/config', name: 'connected' },
    failures: someActivity(aCluster('connected')).filter(({ kind }) => kind === 'failed'),
  });
  await row('connected').getByRole('button', { name: 'connected', exact: true }).click();
  await page.locator('.sparkline').waitFor();
  await page.locator('.last-errors').waitFor();
  await expectAccessible(page);
});

test('the footer, with sessions that ended, in the theme that the user chose', async (context) => {
  const settings = { ...defaultSettings, theme: 'dark' as const };
  const { page, agent } = await shown.open(context, { ...quiet, settings });
  const ended = { status: 'ended', needed: true } as const;
  agent.handlers.accounts = async () => ({
    accounts: [anAccount('acme', ended), anAccount('ledger', ended)],
  });
  await page.reload();
  await page.getByRole('button', { name: 'Sign in to all' }).waitFor();
  for (const width of [440, 320, 220]) {
    await page.setViewportSize({ width, height: 680 });
    await expectAccessible(page);
  }
});

test('the licences, one of them opened', async (context) => {
  const { page } = await shown.open(context, quiet);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Licences' }).click();
  await page.getByRole('dialog').locator('summary').first().click();
  await page.locator('pre').waitFor();
  await expectAccessible(page);
});

test('the name of a set, before and after it was refused', async (context) => {
  const { page, switchOf, agent } = await shown.open(context, quiet);
  agent.handlers['set-save'] = () => Promise.reject(new AppError('bad-input', 'There are 50 sets already.'));
  await switchOf('starred').focus();
  await page.keyboard.press('x');
  await page.getByRole('button', { name: 'Save as set…' }).click();
  const form = page.getByRole('dialog', { name: 'Save 1 cluster as a set' });
  await form.waitFor();
  await expectAccessible(page);
  await form.getByRole('textbox').fill('staging EU');
  await page.keyboard.press('Enter');
  await form.getByText('There are 50 sets already.').waitFor();
  await expectAccessible(page);
});

test('sets: the row, a menu, the form that changes one, and what a link proposes; collapsed groups', async (context) => {
  const clusters = open.map(({ cluster }) => cluster);
  const ids = clusters.map(({ id }) => id);
  const { page } = await shown.open(context, {
    ...quiet,
    clusters,
    tunnels: open.slice(0, 1).map(({ tunnel }) => tunnel),
    sets: [
      { name: 'one', clusters: ids.slice(0, 1) },
      { name: 'two', clusters: ids.slice(0, 2), organisation: true },
    ],
    collapsedGroups: ['account eks 111122223333'],
  });
  await page.getByRole('toolbar', { name: 'Sets' }).waitFor();
  for (const width of [440, 320]) {
    await page.setViewportSize({ width, height: 680 });
    await expectAccessible(page);
  }
  await page.getByRole('button', { name: 'Actions for the set two' }).click();
  await page.getByRole('menuitem', { name: 'Copy link' }).waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Actions for the set one' }).click();
  await page.getByRole('menuitem', { name: 'Change…' }).click();
  await page.getByRole('searchbox', { name: 'Add clusters' }).fill('e');
  await page.getByRole('button', { name: /^Add / }).first().waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.evaluate(
    (hash) => {
      location.hash = hash;
    },
    targetHash({ kind: 'link', link: 'k8s-tunnels://set?name=one&cluster=failed&cluster=nowhere' }),
  );
  await page.getByRole('button', { name: 'Replace set' }).waitFor();
  await expectAccessible(page);
});

test('what a link asks for, of every sort, and one that is refused', async (context) => {
  const ledger = aCluster('ledger', { environment: 'production' });
  const asked = [...open.map(({ cluster }) => cluster), ...resting, ledger];
  const { page } = await shown.open(context, {
    ...quiet,
    tunnels: open.slice(0, 1).map(({ tunnel }) => tunnel),
    clusters: asked,
  });
  await page.locator('.row').first().waitFor();
  const titles = [...asked.map(({ title }) => title), 'nowhere'];
  const query = titles.map((title) => `cluster=${encodeURIComponent(title)}`).join('&');
  for (const [link, name] of [
    [`connect?${query}`, /^Open/],
    ['connect', 'Invalid link'],
  ] as const) {
    const fragment = targetHash({ kind: 'link', link: `k8s-tunnels://${link}` });
    await page.evaluate((hash) => location.replace(hash), fragment);
    await page.getByRole('alertdialog', { name }).waitFor();
    await expectAccessible(page);
  }
});

test('a list whose agent is lost, and an agent that cannot start', async (context) => {
  const { page, agent, openNotices, row } = await shown.open(context, quiet);
  await row('connected').waitFor();
  agent.stop();
  await page.getByRole('alert').getByText('The agent is not running').waitFor();
  await openNotices();
  await expectAccessible(page);
  await page.reload();
  agent.failWith(new AppError('bad-input', 'The settings do not fit.', { hint: 'Mend them.' }));
  await page.getByRole('heading', { name: 'The agent cannot start' }).waitFor();
  await expectAccessible(page);
});

test('no clusters: not yet, and none at all', async (context) => {
  const { page, agent } = await shown.open(context, {
    discovery: { status: 'running', since: 1, cellsRead: 3, cellsKnown: 17, clusters: 0 },
  });
  await page.getByRole('heading', { name: 'Loading your clusters' }).waitFor();
  await expectAccessible(page);
  agent.tell({ kind: 'set', values: { discovery: { status: 'idle' } } });
  await page.getByRole('heading', { name: 'No clusters found' }).waitFor();
  await expectAccessible(page);
});

test('the first run: what there is, a sign-in that waits, what failed', async (context) => {
  const { page, agent } = await shown.open(context, { settings: defaultSettings });
  const accounts = [
    anAccount('acme', { status: 'signed-out' }),
    anAccount('google', { provider: 'gcp', ours: false, renews: true, who: 'ada@example.com' }),
    anAccount('azure', { provider: 'azure', status: 'ended' }),
    anAccount('vault.example.com', { provider: 'vault', status: 'ended', asks: 'password' }),
  ];
  agent.handlers.accounts = async () => ({ accounts });
  agent.handlers.login = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await page.reload();
  for (const width of [440, 360, 960]) {
    await page.setViewportSize({ width, height: 680 });
    await page.getByText('acme: signed out').waitFor();
    await expectAccessible(page);
  }
  await page.getByRole('button', { name: 'Sign in to vault.example.com' }).click();
  await page.getByRole('button', { name: 'Sign in to acme' }).click();
  const running = { status: 'running', since: 0, cellsRead: 3, cellsKnown: 17, clusters: 0 } as const;
  const denied = { code: 'aws-denied', message: 'eks:ListClusters is denied.', retryable: false } as const;
  agent.tell(
    { kind: 'set', values: { discovery: running } },
    { kind: 'catalog', upserted: [], removed: [], cells: [aCell('eu-west-1', denied)], removedCells: [] },
  );
  await page.getByText('Could not load 1 location: ').waitFor();
  await expectAccessible(page);
  agent.handlers.accounts = () => Promise.reject(new AppError('timeout', 'Nothing answers.'));
  await page.reload();
  await page.getByText('Could not load the sessions.').waitFor();
  await expectAccessible(page);
});

test('what an organisation would set up, and the organisation among the settings', async (context) => {
  const organisation = anOrganisation();
  const { page, agent } = await shown.open(context, { ...quiet, organisation });
  const conflict = { why: 'origin', name: 'Beta', place: 'https://beta.example/a.yaml' } as const;
  agent.handlers['setup-preview'] = async () => aSetupPreview({ conflict });
  const follow = (link: string) =>
    page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      targetHash({ kind: 'link', link }),
    );
  await follow('k8s-tunnels://setup?url=https://acme.example/a.yaml');
  await page.getByRole('alertdialog', { name: 'Set up for Acme?' }).waitFor();
  for (const width of [440, 360]) {
    await page.setViewportSize({ width, height: 680 });
    await expectAccessible(page);
  }
  agent.handlers['setup-preview'] = async () => aSetupPreview({ signed: true, key: 'AAAA' });
  await follow('k8s-tunnels://setup?url=https://acme.example/b.yaml');
  await page.getByText('Signed with the key').waitFor();
  await expectAccessible(page);
  agent.handlers['setup-preview'] = () => Promise.reject(new AppError('bad-input', 'It is no YAML.'));
  await follow('k8s-tunnels://setup?url=https://acme.example/c.yaml');
  await page.getByText('It is no YAML.').waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('alertdialog').waitFor();
  await expectAccessible(page);
});

test('clusters side by side: while they are read, read in part, the namespaces, production, and none', async (context) => {
  const { page, agent, switchOf } = await shown.open(context, quiet);
  const answer = Promise.withResolvers<Awaited<ReturnType<typeof agent.handlers.compare>>>();
  agent.handlers.compare = () => answer.promise;
  const [ledger, other, bare] = [first?.cluster, ...resting] as const;
  if (ledger === undefined || other === undefined || bare === undefined)
    throw new Error('there are clusters');
  await switchOf('connected').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('c');
  await page.getByText(/^Reading 2 clusters/).waitFor();
  await expectAccessible(page);
  const why = { code: 'aws-session-expired', message: 'The session ended.', retryable: false } as const;
  answer.resolve(
    aComparison(
      [ledger, { workloads: [aDeployment('web'), aDeployment('worker')] }],
      [other, { version: 'v1.30.2', workloads: [aDeployment('web', { restarts: 7 })] }],
      [bare, { error: why }],
    ),
  );
  await page.getByText('The session ended.').waitFor();
  await page.getByRole('button', { name: 'Namespaces' }).click();
  await page.getByLabel('All clusters').fill('A b');
  await page.keyboard.press('Enter');
  await page.getByText('is not the name of a namespace').waitFor();
  for (const width of [440, 320, 960]) {
    await page.setViewportSize({ width, height: 680 });
    await expectAccessible(page);
  }
  agent.handlers.compare = () => Promise.reject(new AppError('production-unconfirmed', 'It asks.'));
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('alertdialog').waitFor();
  await expectAccessible(page);
  agent.handlers.compare = () => Promise.reject(new AppError('timeout', 'It took too long.'));
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByText('It took too long.').waitFor();
  await expectAccessible(page);
});
