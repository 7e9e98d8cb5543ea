import { expect, type TestContext, test } from 'vitest';
import type { Account, LoginView } from '../../main/model/account.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { aCell, aCluster, anAccount, aTunnel, originFailure } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const cluster = aCluster('orders');
const out = { status: 'signed-out' } as const;
const login = (fields: Partial<LoginView> = {}): LoginView => ({
  kind: 'aws',
  title: 'AWS (acme)',
  session: 'acme',
  url: 'https://acme.awsapps.example/start',
  since: 1,
  ...fields,
});

/** The page of accounts, of an agent that has these until the test says others. */
async function openAccounts(
  context: TestContext,
  first: readonly Account[],
  snapshot: Partial<Snapshot> = {},
) {
  const window = await shown.open(context, { clusters: [cluster], ...snapshot });
  const { agent, page } = window;
  let accounts = first;
  let reads = 0;
  agent.handlers.accounts = async () => {
    reads += 1;
    return { accounts: [...accounts] };
  };
  await page.getByRole('button', { name: 'Accounts' }).click();
  const group = (name: string) => page.getByRole('region', { name, exact: true });
  const account = (session: string) =>
    page
      .locator('.account')
      .filter({ has: page.getByRole('heading', { name: session, exact: true, level: 3 }) });
  return {
    ...window,
    group,
    account,
    have: (...now: readonly Account[]) => {
      accounts = now;
    },
    reads: () => reads,
    state: (session: string) => account(session).getByRole('status').textContent(),
  };
}

test('stand by provider, each with who, for how long, where it is kept, and whose it is', async (context) => {
  const { page, group, account, state } = await openAccounts(context, [
    anAccount('acme.cloudflareaccess.com', {
      provider: 'access',
      who: 'ada@acme.example',
      store: '/home/ada/.cloudflared',
      ours: false,
    }),
    anAccount('acme', { renews: true }),
    anAccount('partners', { status: 'ended' }),
    anAccount('Azure CLI', { provider: 'azure', store: 'Azure CLI', ours: false }),
    anAccount('vault.example:8200', { ...out, provider: 'vault', asks: 'password' }),
  ]);
  await account('acme').waitFor();
  // What needs action comes first.
  expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
    'AWS',
    'Cloudflare Access',
    'Azure',
    'Vault',
  ]);
  expect(await group('AWS').getByRole('heading', { level: 3 }).allTextContents()).toEqual([
    'partners',
    'acme',
  ]);
  expect(await state('acme.cloudflareaccess.com')).toBe(
    'acme.cloudflareaccess.com: ada@acme.example · signed in',
  );
  expect(await state('acme')).toBe('acme: signed in, renews automatically');
  await account('acme').getByText('Stored in /home/ada/.aws/sso/cache/acme.json').waitFor();
  await account('Azure CLI').getByText('Read-only; managed by Azure CLI').waitFor();
  expect(await page.getByRole('main').getByRole('button').allTextContents()).toEqual([
    'Sign in',
    'Sign out',
    'Sign in',
  ]);
});

test('60 accounts: what needs action is on top, is searched, and signed in to one after another', async (context) => {
  const accounts = Array.from({ length: 60 }, (_, at) =>
    anAccount(
      `profile-${String(at).padStart(2, '0')}`,
      at % 20 === 7 ? { status: 'ended', needed: true } : {},
    ),
  );
  const { agent, page, account, have, group } = await openAccounts(context, accounts);
  const shownNames = () => group('AWS').getByRole('heading', { level: 3 }).allTextContents();
  const ended = ['profile-07', 'profile-27', 'profile-47'];
  await eventually(async () => (await shownNames()).slice(0, 4)).toEqual([...ended, 'profile-00']);
  await page.getByText('3 of 60 need you to sign in').waitFor();

  const field = page.getByRole('searchbox', { name: 'Search 60 accounts' });
  await field.fill('aws 47');
  await eventually(shownNames).toEqual(['profile-47']);
  await field.fill('nobody');
  await page.getByText('No account matches “nobody”').waitFor();
  await page.keyboard.press('Escape');
  await eventually(async () => (await shownNames()).length).toBe(60);

  const begun: (string | undefined)[] = [];
  let running = 0;
  let now = accounts;
  const answers = ended.map(() => Promise.withResolvers<void>());
  agent.handlers.login = async ({ session }) => {
    begun.push(session);
    running += 1;
    expect(running).toBe(1);
    await answers[begun.length - 1]?.promise;
    running -= 1;
    const signedIn = anAccount(session ?? '');
    now = now.map((one) => (one.session === session ? signedIn : one));
    have(...now);
    return { account: signedIn };
  };
  await page.getByRole('button', { name: 'Sign in to all' }).click();
  await eventually(async () => begun).toEqual(['profile-07']);
  await page.getByText('One after another · 3 left').waitFor();
  answers[0]?.resolve();
  await page.getByText('One after another · 2 left').waitFor();
  // No row moves while its user signs in.
  expect((await shownNames()).slice(0, 4)).toEqual([...ended, 'profile-00']);
  for (const { resolve } of answers) resolve();
  await eventually(() => account('profile-47').getByRole('status').textContent()).toBe(
    'profile-47: signed in',
  );
  await page.getByRole('button', { name: 'Sign in to all' }).waitFor({ state: 'detached' });
  expect(begun).toEqual(ended);
});

test('a sign-in shows that it waits, its page and its code; it is seen when it is done', async (context) => {
  const { agent, page, account, have, state, focused, clipboard } = await openAccounts(context, [
    anAccount('acme', out),
    anAccount('partners', out),
  ]);
  const answer = Promise.withResolvers<void>();
  agent.handlers.login = async (input) => {
    expect(input).toEqual({ provider: 'aws', session: 'acme' });
    agent.tell({ kind: 'set', values: { logins: [login()] } });
    await answer.promise;
    have(anAccount('acme', { who: 'ada@acme.example' }), anAccount('partners', out));
    agent.tell({ kind: 'set', values: { logins: [] } });
    return { account: anAccount('acme') };
  };
  const button = page.getByRole('button', { name: 'Sign in to acme' });
  await button.focus();
  await page.keyboard.press('Enter');
  await eventually(() => state('acme')).toBe('acme: Waiting for your browser');
  expect(await state('partners')).toBe('partners: signed out');
  const again = account('acme').getByRole('link', { name: 'Open page again' });
  expect(await again.getAttribute('href')).toBe('https://acme.awsapps.example/start');
  expect(await button.getAttribute('aria-disabled')).toBe('true');

  agent.tell({ kind: 'set', values: { logins: [login({ userCode: 'ABCD-EFGH' })] } });
  await account('acme').getByText('ABCD-EFGH', { exact: true }).waitFor();
  await account('acme').getByRole('button', { name: 'Copy code' }).click();
  await eventually(clipboard).toBe('ABCD-EFGH');
  answer.resolve();
  await eventually(() => state('acme')).toBe('acme: ada@acme.example · signed in');
  await eventually(focused).toBe('Sign out of acme');
});

test('a sign-in can be cancelled, and goes on when its page is left', async (context) => {
  const { agent, page, account, state, focused } = await openAccounts(context, [anAccount('acme', out)]);
  let cancelled = 0;
  agent.handlers.login = (_input, { signal }) => {
    agent.tell({ kind: 'set', values: { logins: [login()] } });
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        cancelled += 1;
        agent.tell({ kind: 'set', values: { logins: [] } });
        reject(new AppError('cancelled', 'The sign-in was cancelled.'));
      });
    });
  };
  await page.getByRole('button', { name: 'Sign in to acme' }).click();
  await account('acme').getByRole('button', { name: 'Cancel' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.status-strip').getByText('Waiting for you to sign in to AWS (acme)').waitFor();
  expect(cancelled).toBe(0);
  await page.getByRole('button', { name: 'Accounts' }).click();
  await account('acme').getByRole('button', { name: 'Cancel' }).click();
  await eventually(() => state('acme')).toBe('acme: signed out');
  await eventually(focused).toBe('Sign in to acme');
  expect(cancelled).toBe(1);
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('a sign-in that fails says why and what to do; the next try takes that away', async (context) => {
  const { agent, page, account, state } = await openAccounts(context, [anAccount('acme', out)]);
  agent.handlers.login = () =>
    Promise.reject(new AppError('port-busy', 'Port 8250 is taken.', { hint: 'End what holds it.' }));
  const button = page.getByRole('button', { name: 'Sign in to acme' });
  await button.click();
  const alert = account('acme').getByRole('alert');
  await alert.getByText('Sign-in failed: Port 8250 is taken. End what holds it.').waitFor();
  expect(await state('acme')).toBe('acme: signed out');
  agent.handlers.login = () => new Promise(() => {});
  await button.click();
  await alert.waitFor({ state: 'detached' });
});

test('a password is asked for here, and is gone from the page as soon as it is sent', async (context) => {
  const vault = anAccount('vault.example:8200', { ...out, provider: 'vault', asks: 'password' });
  const { agent, page, account, have, state, focused } = await openAccounts(context, [vault]);
  const asked: unknown[] = [];
  agent.handlers.login = async ({ password }) => {
    asked.push(password);
    if (password?.password !== 'right') throw new AppError('login-failed', 'Vault does not accept it.');
    have({ ...vault, status: 'signed-in' });
    return { account: vault };
  };
  await page.getByRole('button', { name: 'Sign in to vault.example:8200' }).click();
  const form = account('vault.example:8200').getByRole('form');
  await eventually(() =>
    form.getByLabel('Username').evaluate((field) => field === document.activeElement),
  ).toBe(true);
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
  await eventually(focused).toBe('Sign in to vault.example:8200');

  await page.keyboard.press('Enter');
  await form.getByLabel('Username').fill('ada');
  await form.getByLabel('Password').fill('wrong');
  await page.keyboard.press('Enter');
  await account('vault.example:8200').getByRole('alert').getByText('Vault does not accept it.').waitFor();
  expect(await form.getByLabel('Password').inputValue()).toBe('');
  expect(await form.getByLabel('Username').inputValue()).toBe('ada');
  await page.keyboard.type('right');
  await form.getByRole('button', { name: 'Sign in' }).click();
  await eventually(() => state('vault.example:8200')).toBe('vault.example:8200: signed in');
  await form.waitFor({ state: 'detached' });
  await eventually(focused).toBe('Sign out of vault.example:8200');
  expect(asked).toEqual([
    { username: 'ada', password: 'wrong' },
    { username: 'ada', password: 'right' },
  ]);
});

test('a code of an MFA device is asked for here, and nothing else', async (context) => {
  const serial = 'arn:aws:iam::111122223333:mfa/ada';
  const device = anAccount(serial, { ...out, asks: 'code' });
  const { agent, page, account, have, state } = await openAccounts(context, [device]);
  const asked: unknown[] = [];
  agent.handlers.login = async ({ provider, session, password }) => {
    asked.push({ provider, session, password });
    have({ ...device, status: 'signed-in' });
    return { account: device };
  };
  await page.getByRole('button', { name: `Sign in to ${serial}` }).click();
  const form = account(serial).getByRole('form');
  await eventually(() =>
    form.getByLabel('MFA code').evaluate((field) => field === document.activeElement),
  ).toBe(true);
  expect(await form.getByRole('textbox').count()).toBe(1);
  await page.keyboard.type('123456');
  await page.keyboard.press('Enter');
  await eventually(() => state(serial)).toBe(`${serial}: signed in`);
  expect(asked).toEqual([
    { provider: 'aws', session: serial, password: { username: serial, password: '123456' } },
  ]);
});

test('a sign-out says what it removed and what still holds a session, until the page is left', async (context) => {
  const { agent, page, group, have, state } = await openAccounts(context, [anAccount('acme')]);
  agent.handlers.logout = async (input) => {
    expect(input).toEqual({ provider: 'aws', session: 'acme' });
    have(anAccount('acme', out));
    return { removed: ['The AWS sign-in acme'], remaining: ['Credentials of roles.'] };
  };
  await page.getByRole('button', { name: 'Sign out of acme' }).click();
  await group('AWS').getByText('Removed: The AWS sign-in acme').waitFor();
  await group('AWS').getByText('Remaining: Credentials of roles.').waitFor();
  await eventually(() => state('acme')).toBe('acme: signed out');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Accounts' }).click();
  await eventually(() => state('acme')).toBe('acme: signed out');
  expect(await page.getByText('Removed:').count()).toBe(0);
});

test('are read anew when a sign-in elsewhere or a session changes; what cannot be read says so', async (context) => {
  const { agent, page, account, have, state } = await openAccounts(context, [anAccount('acme', out)]);
  await account('acme').waitFor();
  agent.tell({ kind: 'set', values: { logins: [login()] } });
  await eventually(() => state('acme')).toBe('acme: Waiting for your browser');
  // Whoever began it can cancel it.
  expect(await account('acme').getByRole('button', { name: 'Cancel' }).count()).toBe(0);
  have(anAccount('acme'));
  agent.tell({ kind: 'set', values: { logins: [] } });
  await eventually(() => state('acme')).toBe('acme: signed in');
  const authDomain = 'acme.cloudflareaccess.com';
  have(anAccount(authDomain, { provider: 'access', ours: false }), anAccount('acme'));
  agent.tell({ kind: 'set', values: { sessions: [{ authDomain, endsAt: 4e12 }] } });
  await account(authDomain).waitFor();

  const { accounts } = agent.handlers;
  agent.handlers.accounts = () =>
    Promise.reject(new AppError('file-unreadable', 'config cannot be read.', { hint: 'Mend it.' }));
  agent.tell({ kind: 'set', values: { sessions: [] } });
  await page.getByRole('alert').getByText('config cannot be read. Mend it.').waitFor();
  expect(await account('acme').count()).toBe(1);
  agent.handlers.accounts = accounts;
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').waitFor({ state: 'detached' });
});

test('a sign-in to what is no account yet, such as of Access, can be gone on with from here too', async (context) => {
  const { agent, page, group } = await openAccounts(context, [anAccount('acme', out)]);
  const url = 'https://team.cloudflareaccess.com/cdn-cgi/access/cli';
  const waiting = { kind: 'access', title: 'team.cloudflareaccess.com', url, since: 1 } as const;
  await group('AWS').waitFor();
  agent.tell({
    kind: 'set',
    values: { logins: [waiting, login({ kind: 'azure', session: 'acme.example' })] },
  });
  await group('Cloudflare Access').getByRole('heading', { name: 'team.cloudflareaccess.com' }).waitFor();
  const link = group('Cloudflare Access').getByRole('link', { name: 'Open page again' });
  expect(await link.getAttribute('href')).toBe(url);
  await group('Azure').getByRole('heading', { name: 'acme.example' }).waitFor();
  expect(await group('AWS').getByRole('link').count()).toBe(0);
  agent.tell({ kind: 'set', values: { logins: [] } });
  await group('Azure').waitFor({ state: 'detached' });
  expect(await page.getByText('Waiting for your browser').count()).toBe(0);
});

const expired = {
  code: 'gcp-session-expired',
  message: 'Your Google sign-in has expired.',
  hint: 'Sign in.',
  retryable: false,
} as const;

test('a place that wants a sign-in leads there; one that is denied does not', async (context) => {
  const { agent, page, banner, openNotices } = await shown.open(context, {
    clusters: [cluster],
    cells: [aCell('eu-west-1', { code: 'aws-denied', message: 'Denied.', retryable: false })],
  });
  agent.handlers.accounts = async () => ({ accounts: [anAccount('acme')] });
  await openNotices();
  const places = banner('Could not load');
  await places.waitFor();
  expect(await places.getByRole('button', { name: 'Sign in' }).count()).toBe(0);
  agent.tell({
    kind: 'catalog',
    upserted: [],
    removed: [],
    cells: [aCell('us-east-1', expired)],
    removedCells: [],
  });
  await places.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
});

test('so does a cluster that wants one, and back leads to it', async (context) => {
  const failure = { ...originFailure, error: expired };
  const { agent, page, row } = await shown.open(context, {
    clusters: [cluster],
    tunnels: [aTunnel(cluster.id, { status: 'failed', since: 1, failure })],
  });
  agent.handlers.accounts = async () => ({ accounts: [anAccount('acme')] });
  await row('orders').getByRole('button', { name: 'Details: orders' }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
});

test('a narrow window shows all of it', async (context) => {
  const { page, account } = await openAccounts(context, [
    anAccount('a-session-with-a-very-long-name-that-does-not-end-in-a-narrow-window', {
      who: 'ada@acme.example',
    }),
  ]);
  await page.setViewportSize({ width: 360, height: 600 });
  await account('a-session-with-a-very-long-name-that-does-not-end-in-a-narrow-window').waitFor();
  expect(await page.evaluate(() => document.querySelector('.sub-page-body')?.scrollWidth)).toBe(360);
  const box = await page.getByRole('button', { name: /^Sign out of/ }).boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
});

test('another account of Google is added beside the one that is signed in', async (context) => {
  const google = (session: string, who: string) => anAccount(session, { provider: 'gcp', who, renews: true });
  const { agent, page, group, account, have } = await openAccounts(context, [
    google('google', 'ada@acme.example'),
    anAccount('acme'),
  ]);
  const asked: unknown[] = [];
  let refused = false;
  agent.handlers.login = async (input) => {
    asked.push(input);
    if (refused) throw new AppError('login-failed', 'Google gave no refresh token.');
    have(
      google('ada@acme.example', 'ada@acme.example'),
      google('grace@partner.example', 'grace@partner.example'),
    );
    return { account: google('grace@partner.example', 'grace@partner.example') };
  };
  const add = group('Google Cloud').getByRole('button', { name: 'Add another account of Google Cloud' });
  expect(
    await group('AWS')
      .getByRole('button', { name: /^Add another/ })
      .count(),
  ).toBe(0);
  await add.click();
  await account('grace@partner.example').waitFor();
  expect(asked).toEqual([{ provider: 'gcp', session: 'google' }]);
  refused = true;
  await add.click();
  await page.getByRole('alert').filter({ hasText: 'Google gave no refresh token.' }).waitFor();
});
