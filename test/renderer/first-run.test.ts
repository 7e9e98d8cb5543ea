import { describe, expect, test } from 'vitest';
import type { Change, Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { defaultSettings } from '../../main/model/settings.ts';
import { aCell, aCluster, anAccount, anOrganisation, aSetupPreview } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();
const fresh: Partial<Snapshot> = { settings: defaultSettings, discovery: { status: 'idle' } };
const title = { name: 'Connect your clusters' };
const orders = aCluster('orders');
const found: Change = { kind: 'catalog', upserted: [orders], removed: [], cells: [], removedCells: [] };

const opened = async (
  context: Parameters<typeof shown.open>[0],
  accounts = [anAccount('acme')],
  snapshot: Partial<Snapshot> = {},
) => {
  const window = await shown.open(context, { ...fresh, ...snapshot });
  const { agent, page } = window;
  agent.handlers.accounts = async () => ({ accounts });
  agent.handlers.findings = async () => ({ awsProfiles: ['payments', 'search'], clusterFiles: [] });
  await page.reload();
  await page.getByRole('heading', title).waitFor();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  return { ...window, press, row: (name: string) => page.locator('.found').filter({ hasText: name }) };
};

describe('the first run', () => {
  test('is there when nothing is known, and not otherwise', async (context) => {
    const { page, agent, row } = await opened(context);
    expect(await row('AWS').locator('p').allTextContents()).toEqual([
      '2 profiles: payments and search',
      'acme: signed in',
    ]);
    expect(await page.getByRole('searchbox').count()).toBe(0);
    // What a discovery finds by itself takes its place while nobody is at it.
    agent.tell(found);
    await page.locator('.row').waitFor();
    expect(await page.getByRole('heading', title).count()).toBe(0);
  });

  test('is the same where an organisation is set up, by the user or by a managed file', async (context) => {
    const access = anAccount('acme.cloudflareaccess.com', {
      provider: 'access',
      status: 'signed-out',
      needed: true,
      blocked: 'Sign in to a cloud first.',
    });
    const accounts = [
      access,
      anAccount('https://acme.awsapps.com/start', { status: 'signed-out', needed: true }),
    ];
    const organisation = anOrganisation({ origin: 'managed', off: ['gke', 'vault'] });
    const { page, row } = await opened(context, accounts, { organisation });
    // What it has switched off is not offered, and what cannot begin yet has no button.
    expect(await page.locator('.found h2').allTextContents()).toEqual([
      'Organisation',
      'AWS',
      'Azure',
      'Cluster files',
      'Cloudflare Access',
    ]);
    await row('Organisation').getByText('managed by your administrators').waitFor();
    await row('Cloudflare Access').getByText('signs in after your clusters are found').waitFor();
    expect(await row('Cloudflare Access').getByRole('button').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign in to all' }).waitFor();
  });

  test('finds clusters, counting, and leads to the list with the focus in it', async (context) => {
    const { page, agent, press, focused } = await opened(context);
    let finish = () => {};
    agent.handlers.discover = async () => {
      const running = { status: 'running', since: 1, cellsRead: 3, cellsKnown: 17, clusters: 1 } as const;
      agent.tell({ kind: 'set', values: { discovery: running } }, found);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      agent.tell({ kind: 'set', values: { discovery: { status: 'idle', finishedAt: 1 } } });
      return { clusters: 1, failed: [], tookMs: 1 };
    };
    await press('Find clusters');
    await page.getByText('Loading 3 of 17 locations, 1 cluster so far').waitFor();
    // It stays while it counts; whoever wants goes on with what is there.
    await page.getByRole('button', { name: 'Show 1 cluster' }).waitFor();
    finish();
    await page.getByRole('heading', title).waitFor({ state: 'detached' });
    await eventually(focused).toBe('Connect orders');
  });

  test('signs in first where what is set up needs it, one after another', async (context) => {
    const account = anAccount('acme', { status: 'signed-out', needed: true });
    const vault = anAccount('vault.acme.example', { provider: 'vault', status: 'ended', needed: true });
    const azure = anAccount('azure', { provider: 'azure', status: 'signed-out' });
    const access = anAccount('acme.cloudflareaccess.com', {
      provider: 'access',
      status: 'ended',
      needed: true,
    });
    const { agent, page, press } = await opened(context, [access, account, vault, azure]);
    const asked: string[] = [];
    let runs = 0;
    let running = 0;
    agent.handlers.login = async ({ provider, session }) => {
      expect(++running).toBe(1);
      asked.push(`${provider} ${session}`);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      // Access needs the name of a cluster: it is looked for before.
      if (provider === 'access') expect(runs).toBe(2);
      return { account: provider === 'aws' ? account : vault };
    };
    agent.handlers.discover = async () => {
      runs += 1;
      if (asked.length === 2) agent.tell(found);
      return { clusters: 1, failed: [], tookMs: 1 };
    };
    await press('Sign in to all');
    await page.locator('.row').waitFor();
    expect(asked).toEqual(['aws acme', 'vault vault.acme.example', 'access acme.cloudflareaccess.com']);
    expect(runs).toBe(2);
  });

  test('one that is cancelled, and one that fails, leave the rest as it is', async (context) => {
    const { agent, page, press, row, focused } = await opened(context, [
      anAccount('acme', { status: 'signed-out', needed: true }),
    ]);
    agent.handlers.login = (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new AppError('cancelled', 'It was cancelled.'))),
      );
    await press('Sign in to acme');
    await row('AWS').getByText('Signing in').waitFor();
    await press('Cancel');
    await row('AWS').getByText('acme: signed out').waitFor();
    await eventually(focused).toBe('Sign in to acme');
    agent.handlers.login = () =>
      Promise.reject(new AppError('login-failed', 'AWS refused.', { hint: 'Ask who keeps the portal.' }));
    await press('Sign in to acme');
    await row('AWS')
      .getByRole('alert')
      .getByText('Sign-in failed: AWS refused. Ask who keeps the portal.')
      .waitFor();
    await page.getByRole('button', { name: 'Sign in to all' }).waitFor();
  });

  test('says of each kind of place what could not be read, and when nothing answered at all', async (context) => {
    const { agent, page, press, row } = await opened(context);
    const error = {
      code: 'network-unreachable',
      message: 'The network does not answer.',
      retryable: true,
    } as const;
    agent.handlers.discover = async () => {
      agent.tell({
        kind: 'catalog',
        upserted: [],
        removed: [],
        cells: [aCell('eu-west-1', error)],
        removedCells: [],
      });
      return { clusters: 0, failed: [], tookMs: 1 };
    };
    await press('Find clusters');
    await page.getByRole('status').getByText('No response.').waitFor();
    await row('AWS').getByText('Could not load 1 location: The network does not answer.').waitFor();
    const cells = [aCell('eu-west-1'), aCell('eu-west-2', error)];
    agent.tell({ kind: 'catalog', upserted: [], removed: [], cells, removedCells: [] });
    await page.getByRole('status').getByText('No clusters found yet.').waitFor();
  });

  test('the accounts that cannot be read are told, and what is known stands', async (context) => {
    const { agent, page, press, row } = await opened(context);
    agent.handlers.accounts = () => Promise.reject(new AppError('timeout', 'Vault does not answer.'));
    await page.reload();
    await page.getByText('Could not load the sessions. Vault does not answer.').waitFor();
    expect(await page.locator('.found h2').allTextContents()).toEqual(['AWS', 'Cluster files']);
    agent.handlers.accounts = async () => ({ accounts: [anAccount('acme')] });
    await press('Try again');
    await row('AWS').getByText('acme: signed in').waitFor();
  });

  test('goes for good when it is not wanted, and comes again from the bar and the settings', async (context) => {
    const { agent, page, press } = await opened(context);
    await press('Not now');
    await page.getByRole('heading', { name: 'No clusters found' }).waitFor();
    expect(agent.snapshot().settings.firstRun).toBe(false);
    await page.reload();
    await page.getByRole('heading', { name: 'No clusters found' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('set up');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', title).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', title).waitFor({ state: 'detached' });
    await page.getByRole('main').getByRole('button', { name: 'Set up…' }).click();
    await page.keyboard.press('Escape');
    await press('Settings');
    await press('Set up…');
    await page.getByRole('heading', title).waitFor();
    // Asked for, it finds anew also with clusters there.
    agent.tell(found);
    await page.getByRole('main').getByRole('button', { name: 'Show 1 cluster' }).waitFor();
    await press('Find clusters');
    await page.locator('.row').waitFor();
  });

  test('by keyboard alone, and nothing is taken from under a person’s hands', async (context) => {
    const { agent, page, focused, clipboard } = await opened(context, []);
    await eventually(focused).toBe('Find clusters');
    await page.getByRole('button', { name: /^Copy command: gcloud/ }).focus();
    const order = [await focused()];
    for (let at = 1; at < 7; at += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual([
      'Copy command: gcloud auth application-default login',
      'Choose cluster files',
      'Find clusters',
      'Not now',
      '',
      '',
      'Continue',
    ]);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type('https://setup.');
    agent.tell(found);
    await page.getByRole('button', { name: 'Show 1 cluster' }).waitFor();
    await page.keyboard.type('acme.example');
    expect(await page.getByLabel('Set-up link from your company').inputValue()).toBe(
      'https://setup.acme.example',
    );
    await page.getByRole('button', { name: /^Copy command: gcloud/ }).press('Enter');
    await eventually(clipboard).toBe('gcloud auth application-default login');
  });

  test('who has gone to another page stays there when clusters are found', async (context) => {
    const { page, agent, press } = await opened(context);
    let finish = () => {};
    agent.handlers.discover = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      agent.tell(found);
      return { clusters: 1, failed: [], tookMs: 1 };
    };
    await press('Find clusters');
    await press('Choose cluster files');
    await page.getByLabel('Cluster files', { exact: true }).waitFor();
    finish();
    await page.locator('.first-run').waitFor({ state: 'detached' });
    await page.getByLabel('Cluster files', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.row').waitFor();
  });

  test('an address leads to what it would set up, and from there to the list', async (context) => {
    const { agent, page, press, row, focused } = await opened(context);
    const asked: unknown[] = [];
    agent.handlers['setup-preview'] = async (input) => {
      asked.push(input);
      return aSetupPreview();
    };
    agent.handlers['setup-apply'] = async (input) => {
      asked.push(input);
      const organisation = anOrganisation();
      agent.tell(
        { kind: 'set', values: { organisation } },
        {
          kind: 'set',
          values: { discovery: { status: 'running', since: 1, cellsRead: 0, cellsKnown: 0, clusters: 0 } },
        },
      );
      return { organisation };
    };
    await page.getByLabel('Set-up link from your company').fill(' https://setup.acme.example/a.yaml ');
    await page.keyboard.press('Enter');
    await page.getByRole('alertdialog', { name: 'Set up for Acme?' }).waitFor();
    await press('Set up');
    await page.getByText('Set up for Acme.').waitFor();
    await row('Organisation').getByText('Acme, from https://setup.acme.example/k8s-tunnels.yaml').waitFor();
    await page.getByText('Looking for locations').waitFor();
    await page.locator('.field:focus').waitFor();
    expect(asked).toEqual([
      { source: 'https://setup.acme.example/a.yaml' },
      { source: 'https://setup.acme.example/a.yaml', digest: 'd1' },
    ]);
    agent.tell(found);
    await eventually(focused).toBe('Connect orders');
  });

  test('what was set up shows its sign-ins at once, and begins them where that is asked for', async (context) => {
    const portal = anAccount('https://acme.awsapps.com/start', { status: 'signed-out', needed: true });
    const { agent, page, press, row } = await opened(context, []);
    agent.handlers['setup-preview'] = async () => aSetupPreview();
    agent.handlers['setup-apply'] = async () => {
      agent.handlers.accounts = async () => ({ accounts: [portal] });
      const organisation = anOrganisation();
      agent.tell({ kind: 'set', values: { organisation } });
      return { organisation };
    };
    const asked: string[] = [];
    agent.handlers.login = async ({ provider, session }) => {
      asked.push(`${provider} ${session}`);
      agent.handlers.accounts = async () => ({ accounts: [anAccount(portal.session)] });
      return { account: anAccount(portal.session) };
    };
    const address = page.getByLabel('Set-up link from your company');
    await address.fill('acme.example');
    await address.press('Enter');
    await press('Set up');
    await row('AWS').getByText(`${portal.session}: signed out`).waitFor();
    await page.getByRole('button', { name: 'Sign in to all' }).waitFor();
    expect(asked).toEqual([]);
    agent.handlers.accounts = async () => ({ accounts: [] });
    await address.fill('acme.example');
    await address.press('Enter');
    await press('Set up and sign in');
    await row('AWS').getByText(`${portal.session}: signed in`).waitFor();
    expect(asked).toEqual([`aws ${portal.session}`]);
  });

  test('a mistake is shown under its field, and goes when it is typed over', async (context) => {
    const { agent, page } = await opened(context);
    const [address, key] = [page.getByLabel('Set-up link from your company'), page.getByLabel('Public key')];
    const wrong = (field: typeof address) =>
      field.evaluate(
        (input) => document.getElementById(input.getAttribute('aria-describedby') ?? '')?.textContent,
      );
    const asked: unknown[] = [];
    agent.handlers['setup-preview'] = async (input) => {
      asked.push(input);
      throw input.key === undefined
        ? new AppError(
            'organisation-unavailable',
            'https://acme.example/.well-known/k8s-tunnels.yaml answered 404.',
          )
        : new AppError('organisation-refused', 'The signature is not the organisation’s.', { hint: 'Ask.' });
    };
    await address.fill('acme.example');
    await address.press('Enter');
    await eventually(() => wrong(address)).toBe(
      'https://acme.example/.well-known/k8s-tunnels.yaml answered 404.',
    );
    expect(await address.getAttribute('aria-invalid')).toBe('true');
    await key.fill('short');
    await key.press('Enter');
    await eventually(() => wrong(key)).toBe('Not a public key: 44 characters that end with =.');
    expect(await wrong(address)).toBeUndefined();
    const good = '3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    await key.fill(good);
    expect(await wrong(key)).toBeUndefined();
    await key.press('Enter');
    await eventually(() => wrong(key)).toBe('The signature is not the organisation’s. Ask.');
    expect(asked).toEqual([{ source: 'acme.example' }, { source: 'acme.example', key: good }]);
    expect(await page.getByRole('alertdialog').count()).toBe(0);
  });

  test('AWS needs no more than the start URL, which is taken out again where it leads nowhere', async (context) => {
    const { agent, page, row, press } = await opened(context, []);
    agent.handlers.findings = async () => ({ awsProfiles: [], clusterFiles: [] });
    await page.reload();
    const [url, region] = [
      page.getByLabel('Start URL of your AWS access portal'),
      page.getByLabel('Region of the portal'),
    ];
    await press('Sign in to AWS with a start URL');
    await url.and(page.locator(':focus')).fill('acme');
    await press('Sign in to AWS');
    await row('AWS').getByText('Not the start URL of an access portal').waitFor();
    await url.fill('acme.awsapps.com/start/#/');
    await region.fill('Dublin');
    await press('Sign in to AWS');
    await row('AWS').getByText('Not an AWS region').waitFor();
    await region.fill('eu-west-1');
    const portal = 'https://acme.awsapps.com/start';
    const saved: unknown[] = [];
    agent.handlers.login = async ({ provider, session }) => {
      saved.push([provider, session, agent.snapshot().settings.awsPortals]);
      throw new AppError('login-failed', 'Identity Center does not know it.');
    };
    await press('Sign in to AWS');
    await row('AWS').getByText('Sign-in failed: Identity Center does not know it.').waitFor();
    expect(saved).toEqual([['aws', portal, [`eu-west-1=${portal}`]]]);
    await eventually(async () => agent.snapshot().settings.awsPortals).toEqual([]);
  });
});
