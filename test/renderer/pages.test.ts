import { describe, expect, test } from 'vitest';
import { AppError } from '../../main/model/app-error.ts';
import { aCell, aCluster, aTunnel, connected, originFailure } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const orders = aCluster('orders', { environment: 'staging' });
const payments = aCluster('payments', { environment: 'production' });
const clusters = [orders, payments];
const both = [aTunnel(orders.id, connected()), aTunnel(payments.id, connected(), 41_002)];

describe('above the list', () => {
  test('places that could not be read stand in one banner, each reason once', async (context) => {
    const expired = {
      code: 'aws-session-expired',
      message: 'The session of profile platform ended.',
      hint: 'Run aws sso login --profile platform.',
      retryable: false,
    } as const;
    const disabled = { code: 'aws-region-disabled', message: 'Not enabled.', retryable: false } as const;
    const { page, banner, openNotices } = await shown.open(context, {
      clusters,
      cells: [
        aCell('eu-west-1'),
        aCell('us-east-1', expired),
        aCell('us-west-2', expired),
        aCell('eu-north-1', { code: 'aws-denied', message: 'eks:ListClusters is denied.', retryable: false }),
        aCell('ap-east-1', disabled),
      ],
    });
    await openNotices();
    const failed = banner('Could not load 3 of 5 locations');
    await failed.getByText('2 different errors. Showing the last known clusters.').waitFor();
    await failed.getByRole('button', { name: 'Details' }).click();
    expect(await failed.getByRole('listitem').allTextContents()).toEqual([
      'EKS · 111122223333 · us-east-1 and EKS · 111122223333 · us-west-2The session of profile platform ended. Run aws sso login --profile platform.',
      'EKS · 111122223333 · eu-north-1eks:ListClusters is denied. ',
    ]);
    await failed.getByRole('button', { name: 'Hide' }).click();
    expect(await page.getByRole('listitem').filter({ hasText: 'ListClusters' }).count()).toBe(0);
  });

  test('a login that waits can be opened again or copied', async (context) => {
    const url = 'https://team.cloudflareaccess.com/cdn-cgi/access/cli?x=1';
    const { agent, banner, clipboard, openNotices } = await shown.open(context, { clusters });
    const logins = [{ kind: 'access' as const, title: 'team.cloudflareaccess.com', url, since: 1 }];
    agent.tell({ kind: 'set', values: { logins } });
    await openNotices();
    const login = banner('Waiting for you to sign in to team.cloudflareaccess.com');
    const link = login.getByRole('link', { name: 'Open page again' });
    expect(await link.getAttribute('href')).toBe(url);
    expect(await link.getAttribute('rel')).toBe('noreferrer');
    await login.getByRole('button', { name: 'Copy link' }).click();
    await login.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await clipboard()).toBe(url);
    agent.tell({ kind: 'set', values: { logins: [] } });
    await login.waitFor({ state: 'detached' });
  });

  test('a code to enter is shown with its page', async (context) => {
    const { agent, banner, openNotices } = await shown.open(context, { clusters });
    const url = 'https://device.sso.eu-central-1.amazonaws.com/?user_code=ABCD-EFGH';
    const login = { kind: 'aws' as const, title: 'AWS (acme)', url, userCode: 'ABCD-EFGH', since: 1 };
    agent.tell({ kind: 'set', values: { logins: [login] } });
    await openNotices();
    const shownLogin = banner('Waiting for you to sign in to AWS (acme)');
    await shownLogin.getByText('check that it shows the code ABCD-EFGH').waitFor();
    expect(await shownLogin.getByRole('link').getAttribute('href')).toBe(url);
  });

  test('warnings stand until they are dismissed, information does not', async (context) => {
    const { agent, page, banner, openNotices } = await shown.open(context, { clusters });
    const message = 'orders was not opened again: its port is taken.';
    agent.tell(
      { kind: 'notice', notice: { at: 1, level: 'info', message: 'orders was opened again.' } },
      { kind: 'notice', notice: { at: 2, level: 'warning', message } },
    );
    await openNotices();
    await banner(message).waitFor();
    expect(await page.locator('.banner').count()).toBe(1);
    await banner(message).getByRole('button', { name: 'Dismiss' }).click();
    await banner(message).waitFor({ state: 'detached' });
  });

  test('what did not work stands with its next step until it is dismissed', async (context) => {
    const { agent, banner, switchOf, openNotices } = await shown.open(context, { clusters, tunnels: both });
    agent.handlers.disconnect = () =>
      Promise.reject(
        new AppError('kubeconfig-locked', 'Somebody else writes config.', { hint: 'Try again.' }),
      );
    await switchOf('orders').click();
    await openNotices();
    const problem = banner('Could not disconnect orders');
    await problem.getByText('Somebody else writes config. Try again.').waitFor();
    expect(await problem.getAttribute('role')).toBe('alert');
    expect(await switchOf('orders').isChecked()).toBe(true);
    await problem.getByRole('button', { name: 'Dismiss' }).click();
    await problem.waitFor({ state: 'detached' });
  });
});

describe('settings', () => {
  for (const [signIns, words] of [
    ['keychain', /^In files encrypted with a key in your keychain/],
    ['no-keychain', /0600\): this computer has no keychain\.$/],
    ['headless', /0600\): only the desktop app can use your keychain\.$/],
  ] as const) {
    test(`say where our sign-ins are kept: ${signIns}`, async (context) => {
      const agent = { version: '0.1.0', pid: 1, startedAt: 1, platform: 'linux', signIns };
      const { page } = await shown.open(context, { agent, clusters });
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('region', { name: 'Sessions' }).getByText(words).waitFor();
    });
  }

  test('are saved as they are changed; a rejected value is told beside its field', async (context) => {
    const { agent, page, focused } = await shown.open(context, { clusters });
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Switch the current context on connect').selectOption('Do not switch');
    await eventually(async () => agent.snapshot().settings.kubeconfigMode).toBe('add');
    await page.getByLabel('Vault mounts').fill('clusters, more');
    await page.getByLabel('Vault mounts').press('Enter');
    await eventually(async () => agent.snapshot().settings.vaultMounts).toEqual(['clusters', 'more']);

    await page.getByText('Advanced', { exact: true }).click();
    const regions = page.getByLabel('AWS regions');
    await regions.fill('Dublin');
    await regions.press('Tab');
    const alert = page.locator('.setting').filter({ has: regions }).getByRole('alert');
    await alert.getByText('Not saved: ').waitFor();
    expect(await alert.textContent()).toContain('must be a region such as eu-west-1');
    expect(await regions.getAttribute('aria-invalid')).toBe('true');
    expect(agent.snapshot().settings.awsRegions).toEqual([]);
    // The first Escape takes back what was typed, and with it what was wrong; the second leaves.
    await regions.press('Escape');
    expect(await regions.inputValue()).toBe('');
    await alert.waitFor({ state: 'detached' });
    await regions.press('Escape');
    await eventually(focused).toBe('Settings');
  });

  test('a field follows what another window saved', async (context) => {
    const { agent, page } = await shown.open(context, { clusters });
    await page.getByRole('button', { name: 'Settings' }).click();
    const { settings, settingsFrom } = agent.snapshot();
    agent.tell({ kind: 'set', values: { settings: { ...settings, catalogMaxAgeMinutes: 7 }, settingsFrom } });
    await eventually(() => page.getByLabel('Refresh interval').inputValue()).toBe('7');
  });
});

describe('kubectl', () => {
  test('is moved by the menu; what is current is marked', async (context) => {
    const { agent, page, row } = await shown.open(context, {
      clusters: [...clusters, aCluster('search')],
      tunnels: both,
      kubectl: { context: 'minikube' },
    });
    await page.getByRole('button', { name: 'Current context: minikube' }).click();
    const items = page.getByRole('menuitemradio');
    await eventually(() => items.allTextContents()).toEqual([
      'orders',
      'paymentsproduction',
      'minikubeother context',
    ]);
    await items.filter({ hasText: 'orders' }).click();
    await page.getByRole('button', { name: 'Current context: orders' }).waitFor();
    await row('orders').getByText('current', { exact: true }).waitFor();
    expect(agent.snapshot().kubectl).toEqual({ context: 'orders', cluster: orders.id });
  });

  test('goes to production only after a yes; the safe answer has the focus and is what Escape says', async (context) => {
    const { agent, page, focused } = await shown.open(context, {
      clusters,
      tunnels: both,
      kubectl: { context: 'orders', cluster: orders.id },
    });
    const use = page.getByRole('button', { name: 'Set current: payments' });
    const dialog = page.getByRole('alertdialog', { name: 'Switch the current context to payments?' });
    await use.click();
    await dialog.waitFor();
    await eventually(focused).toBe('Cancel');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await use.click();
    await dialog.waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(agent.snapshot().kubectl.cluster).toBe(orders.id);
    await use.click();
    await dialog.getByRole('button', { name: 'Switch to production' }).click();
    await page.getByRole('button', { name: 'Current context: payments, production', exact: true }).waitFor();
    expect(agent.snapshot().kubectl.cluster).toBe(payments.id);
  });

  test('that is production looks like it, with what is left of its time', async (context) => {
    const snapshot = { clusters, tunnels: both, kubectl: { context: 'orders', cluster: orders.id } };
    const { agent, page } = await shown.open(context, snapshot, { movesClock: true });
    await page.getByRole('button', { name: 'Set current: payments' }).click();
    await page.clock.install();
    await page.getByRole('button', { name: 'Switch for 30 minutes' }).click();
    const shown30 = page.getByRole('button', { name: 'Current context: payments, production, 30m left' });
    await shown30.waitFor();
    await shown30.getByTitle('Switches back to orders in 30m').waitFor();
    const badge = shown30.getByText('production', { exact: true });
    const colours = (locator: typeof badge) =>
      locator.evaluate((element) => {
        const { color, backgroundColor } = getComputedStyle(element);
        return [color, backgroundColor];
      });
    const inRow = page.locator('.row', { hasText: 'payments' }).getByText('production', { exact: true });
    expect(await colours(badge)).toEqual(await colours(inRow));
    await page.clock.runFor(28 * 60_000 + 1_000);
    await page.getByRole('button', { name: 'Current context: payments, production, 2m left' }).waitFor();
    agent.tell({ kind: 'set', values: { kubectl: { context: 'orders', cluster: orders.id } } });
    await page.getByRole('button', { name: 'Current context: orders', exact: true }).waitFor();
    expect(await page.locator('footer .badge').count()).toBe(0);
  });

  test('is never switched to production by a connect, and no dialog asks', async (context) => {
    const { agent, page, switchOf } = await shown.open(context, {
      clusters,
      kubectl: { context: 'minikube' },
    });
    await switchOf('payments').click();
    await page.getByText('The current context was not switched: payments is a production cluster.').waitFor();
    expect(await page.getByRole('alertdialog').count()).toBe(0);
    expect(agent.snapshot().kubectl).toEqual({ context: 'minikube' });
    await switchOf('payments').click();
    await eventually(async () => agent.snapshot().tunnels).toEqual([]);
    expect(await page.getByRole('alertdialog').count()).toBe(0);
  });

  test('that a connect has switched is said, and comes back by Undo', async (context) => {
    const { agent, page, switchOf } = await shown.open(context, {
      clusters,
      kubectl: { context: 'minikube' },
    });
    const { connect } = agent.handlers;
    agent.handlers.connect = async (input, call) => {
      const answer = await connect(input, call);
      const kubectl = { context: 'orders', cluster: orders.id };
      agent.tell({ kind: 'set', values: { kubectl } });
      return { ...answer, kubectl, switched: { from: 'minikube' } };
    };
    const back: unknown[] = [];
    agent.handlers.switch = async (input) => {
      back.push(input);
      agent.tell({ kind: 'set', values: { kubectl: { context: 'minikube' } } });
      return { kubectl: { context: 'minikube' } };
    };
    await switchOf('orders').click();
    const toast = page
      .getByRole('status')
      .filter({ hasText: 'Switched the current context from minikube to orders.' });
    await toast.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Current context: minikube' }).waitFor();
    expect(back).toEqual([{ cluster: '-', production: true }]);
    expect(await switchOf('orders').isChecked()).toBe(true);
  });
});

describe('the agent', () => {
  test('that is lost leaves what was known; the page comes back by itself with what is so by then', async (context) => {
    const { agent, page, banner, titles, openNotices } = await shown.open(context, { clusters });
    await eventually(titles).toEqual(['orders', 'payments']);
    agent.stop();
    const words = 'The agent is not running; reconnecting';
    await page.getByRole('alert').getByText(words).waitFor();
    const lost = banner(words);
    expect(await titles()).toEqual(['orders', 'payments']);
    expect(await page.locator('[data-lost]').count()).toBe(1);
    await page.getByRole('switch', { name: 'Connect orders' }).click();
    await openNotices();
    await banner('Could not connect orders').waitFor();
    agent.show({ ...agent.snapshot(), clusters: [payments] });
    agent.start();
    await eventually(titles).toEqual(['payments']);
    await lost.waitFor({ state: 'detached' });
    expect(await page.locator('[data-lost]').count()).toBe(0);
  });

  test('that cannot start says why', async (context) => {
    const { agent, page, titles } = await shown.open(context, { clusters });
    await eventually(titles).toEqual(['orders', 'payments']);
    agent.failWith(
      new AppError('bad-input', 'Setting awsRegions in settings.json does not fit.', {
        hint: 'Correct it. Support: https://help.acme.example/',
      }),
    );

    await page.getByRole('alert').getByText('The agent cannot start').waitFor();
    // A page that knows nothing yet shows nothing else.
    await page.reload();
    await page.getByRole('heading', { name: 'The agent cannot start' }).waitFor();
    await page.getByText('Setting awsRegions in settings.json does not fit. Correct it.').waitFor();
    const support = page.getByRole('link', { name: 'https://help.acme.example/' });
    expect(await support.getAttribute('href')).toBe('https://help.acme.example/');
    // At once: the window's own next try takes the button away.
    const retry = await page.getByRole('button', { name: 'Retry now' }).elementHandle();
    agent.start();
    await retry?.evaluate((button) => (button as HTMLElement).click());
    await eventually(titles).toEqual(['orders', 'payments']);
  });
});

describe('without clusters', () => {
  test('discovery is awaited, its way told, and each cluster shown as it comes', async (context) => {
    const { agent, page, titles } = await shown.open(context, {
      discovery: { status: 'running', since: 1, cellsRead: 0, cellsKnown: 0, clusters: 0 },
    });
    await page.getByRole('heading', { name: 'Loading your clusters' }).waitFor();
    await page.getByText('Looking for locations').waitFor();
    const running = { status: 'running', since: 1, cellsRead: 3, cellsKnown: 17, clusters: 1 } as const;
    agent.tell(
      { kind: 'set', values: { discovery: running } },
      { kind: 'catalog', upserted: [orders], removed: [], cells: [], removedCells: [] },
    );
    await page.getByText('Loading 3 of 17 locations, 1 cluster so far').waitFor();
    expect(await page.getByRole('progressbar', { name: 'Discovery' }).getAttribute('value')).toBe('3');
    await eventually(titles).toEqual(['orders']);
  });

  test('it is said where they are looked for, and discovery can be asked for', async (context) => {
    const { agent, page } = await shown.open(context);
    let asked = 0;
    agent.handlers.discover = async () => {
      asked += 1;
      return { clusters: 0, failed: [], tookMs: 1 };
    };
    await page.getByRole('heading', { name: 'No clusters found' }).waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Refresh' }).click();
    await eventually(async () => asked).toBe(1);
  });
});

describe('the page of a cluster', () => {
  const open = { name: 'Clusters' };

  test('shows each stage with its latency, the command and the traffic', async (context) => {
    const { page, row, clipboard } = await shown.open(context, { clusters, tunnels: both });
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    await page.getByRole('button', open).waitFor();
    const stages = page.locator('.stages');
    expect(await stages.getByRole('listitem').allTextContents()).toEqual([
      'Edge10 ms',
      'Access5 ms',
      'Origin7 ms',
      'TLS8 ms',
      'Ready12 ms',
    ]);
    await page.getByText('2 connections, 1.2 kB sent, 34 kB received').waitFor();
    await page.getByText('connector').waitFor();
    await page.getByRole('button', { name: 'Copy command' }).click();
    await eventually(clipboard).toBe('kubectl --context orders get namespaces');
  });

  test('offers the form of its entry, for this cluster alone', async (context) => {
    const { agent, page, row } = await shown.open(context, { clusters, tunnels: both });
    const patches: unknown[] = [];
    const save = agent.handlers['settings-set'];
    agent.handlers['settings-set'] = (patch, call) => {
      patches.push(patch);
      return save(patch, call);
    };
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    const form = page.getByRole('combobox', { name: 'Entry form of orders' });
    expect(await form.getByRole('option').allTextContents()).toEqual([
      'Default (SOCKS5)',
      'SOCKS5',
      'HTTP CONNECT',
      'Local TLS proxy',
    ]);
    await form.selectOption('Local TLS proxy');
    await eventually(() => form.inputValue()).toBe('tls');
    await form.selectOption('Default (SOCKS5)');
    await eventually(() => form.inputValue()).toBe('');
    expect(patches).toEqual([{ clusterEntryForms: [`${orders.id}=tls`] }, { clusterEntryForms: [] }]);
  });

  test('offers the identities that reach its account, for all clusters of that account', async (context) => {
    const identity = {
      used: 'AWS profile admin',
      others: ['AWS profile viewer'],
      grants: 'an EKS access entry',
      choose: 'the setting awsRoles',
      choice: { setting: 'awsRoles' as const, names: ['admin', 'viewer'] },
    };
    const { agent, page, row } = await shown.open(context, { clusters, tunnels: both });
    const history = agent.handlers.history;
    agent.handlers.history = async (input, call) => ({ ...(await history(input, call)), identity });
    const patches: unknown[] = [];
    const save = agent.handlers['settings-set'];
    agent.handlers['settings-set'] = (patch, call) => {
      patches.push(patch);
      return save(patch, call);
    };
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    const choice = page.getByRole('combobox', { name: 'Identity for orders' });
    expect(await choice.getByRole('option').allTextContents()).toEqual(['Automatic', 'admin', 'viewer']);
    await page.getByText('AWS profile admin. Others that reach it: AWS profile viewer').waitFor();
    await choice.selectOption('viewer');
    await eventually(() => choice.inputValue()).toBe('viewer');
    await choice.selectOption('Automatic');
    await eventually(() => choice.inputValue()).toBe('');
    expect(patches).toEqual([{ awsRoles: [`${orders.account}=viewer`] }, { awsRoles: [] }]);
  });

  test('says that one is reached directly, with the stages that there are', async (context) => {
    const probe = { at: 0, stages: [{ stage: 'tls' as const, ms: 8 }], totalMs: 8 };
    const { port: _, ...tunnel } = aTunnel(orders.id, { status: 'connected', since: 0, probe });
    const { page, row } = await shown.open(context, {
      clusters: [{ ...orders, reach: { kind: 'direct' } }],
      tunnels: [{ ...tunnel, connector: 'direct' }],
    });
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    await page.getByText('none (direct connection)').waitFor();
    expect(await page.locator('.stages').getByRole('listitem').allTextContents()).toEqual(['TLS8 ms']);
    expect(await page.getByText('127.0.0.1:').count()).toBe(0);
  });

  test('tells how far a failed one came, who can mend it, and copies that without a secret', async (context) => {
    const cluster = aCluster('orders', {
      owner: 'Team Orders',
      docs: 'javascript:alert(1)',
      certificateAuthorityData: 'LS0tQ0VSVElGSUNBVEU',
    });
    const url = 'https://team.cloudflareaccess.com/cdn-cgi/access/cli?token=private-token';
    const { page, row, clipboard } = await shown.open(context, {
      clusters: [cluster],
      logins: [{ kind: 'access', title: 'team.cloudflareaccess.com', url, since: 1 }],
      sessions: [{ authDomain: 'team.cloudflareaccess.com', email: 'ada@example.com', endsAt: 4e12 }],
      tunnels: [
        aTunnel(cluster.id, { status: 'failed', since: Date.UTC(2030, 0, 2), failure: originFailure }),
      ],
      organisation: {
        name: 'Acme',
        origin: 'managed',
        place: '/etc/k8s-tunnels/organisation.yaml',
        signed: false,
        readAt: 1,
        links: { support: 'https://help.acme.example/' },
        locked: [],
        production: { guard: true, environments: ['production'] },
      },
    });
    await row('orders').getByRole('button', { name: 'Details: orders' }).click();
    expect(await page.locator('.stages').getByRole('listitem').allTextContents()).toEqual([
      'Edgepassed',
      'Accesspassed',
      'Originfailed',
      'TLSnot reached',
      'Readynot reached',
    ]);
    await page.getByText('Who can fix it: the cluster administrator.').waitFor();
    await page.getByText('Owner: Team Orders.').waitFor();
    // A tag is no link unless it is a web address.
    await page.getByRole('definition').getByText('javascript:alert(1)').waitFor();
    expect(await page.locator('.detail a').allTextContents()).toEqual(['Get support']);
    expect(await page.getByRole('link', { name: 'Get support' }).getAttribute('href')).toBe(
      'https://help.acme.example/',
    );
    await page.getByRole('button', { name: 'Copy details' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await clipboard()).toBe(
      `${[
        'cluster: orders (EKS · 111122223333 · eu-west-1)',
        'hostname: one.k8s.example.com, origin socks',
        'failed: 2030-01-02T00:00:00.000Z, at stage origin',
        'error: origin-failed: one.k8s.example.com answered 502.',
        'hint: Ask who runs the tunnel.',
        'can be fixed by: cluster-administrator',
      ].join('\n')}\n`,
    );
  });

  test('says so when the cluster goes away meanwhile', async (context) => {
    const { agent, page, row } = await shown.open(context, { clusters });
    await row('orders').getByRole('button', { name: 'orders', exact: true }).click();
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
    agent.tell({ kind: 'catalog', upserted: [], removed: [orders.id], cells: [], removedCells: [] });
    await page.getByRole('heading', { name: 'This cluster no longer exists.' }).waitFor();
  });
});
