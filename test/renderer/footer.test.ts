import { expect, type TestContext, test } from 'vitest';
import type { Account } from '../../main/model/account.ts';
import type { Snapshot } from '../../main/model/agent-view.ts';
import { AppError } from '../../main/model/app-error.ts';
import { aCluster, anAccount } from './shown.ts';
import { eventually, windowFixture } from './window-fixture.ts';

const shown = windowFixture();

const hour = 3_600_000;
const inHours = (hours: number) => Date.now() + hours * hour + 30_000;
const team = () => ({
  authDomain: 'acme.cloudflareaccess.com',
  email: 'ada@acme.example',
  endsAt: inHours(7),
});
const ended = { status: 'ended', needed: true } as const;

/** The window of an agent that has these accounts until the test says others. */
async function openWith(context: TestContext, first: readonly Account[], snapshot: Partial<Snapshot> = {}) {
  const window = await shown.open(context, { clusters: [aCluster('orders')], ...snapshot });
  const { agent, page } = window;
  let accounts = first;
  agent.handlers.accounts = async () => ({ accounts: [...accounts] });
  const logins: string[] = [];
  agent.handlers.login = async ({ provider, session = '' }) => {
    logins.push(`${provider} ${session}`);
    const signedIn = anAccount(session, { provider, endsAt: inHours(8) });
    accounts = accounts.map((one) => (one.provider === provider && one.session === session ? signedIn : one));
    return { account: signedIn };
  };
  await page.reload();
  const footer = page.getByRole('contentinfo');
  const session = footer.locator('.who');
  return {
    ...window,
    footer,
    session,
    logins,
    says: () => session.innerText().then((words) => words.replace(/\s+/g, ' ')),
    have: (...now: readonly Account[]) => {
      accounts = now;
    },
  };
}

test('the footer shows the session that ends first, of a cloud too, and lists all of them', async (context) => {
  const { session, says, footer } = await openWith(
    context,
    [
      anAccount('acme', { endsAt: inHours(3), who: 'ada' }),
      anAccount('vault.example', { provider: 'vault', endsAt: inHours(12) }),
    ],
    { sessions: [team()] },
  );
  await eventually(says).toBe('A AWS acme · 3h +2');
  const title = await session.getAttribute('title');
  expect(title?.split('\n')).toEqual([
    'AWS acme (ada): 3h left',
    'acme.cloudflareaccess.com (ada@acme.example): 7h left',
    'Vault vault.example: 12h left',
  ]);
  expect(await footer.getByRole('button', { name: /^Sign in/ }).count()).toBe(0);
});

test('several ended sessions are signed in to with one click, one after another', async (context) => {
  const { says, footer, logins } = await openWith(
    context,
    [
      anAccount('acme', ended),
      anAccount('idp.example', { provider: 'oidc', ...ended }),
      anAccount('never', { status: 'signed-out', needed: true }),
    ],
    { sessions: [team()] },
  );
  await eventually(says).toBe('2 sessions ended');
  await footer.getByRole('button', { name: 'Sign in to all', exact: true }).click();
  await eventually(says).toBe('A ada@acme.example · 7h +2');
  expect(logins).toEqual(['aws acme', 'oidc idp.example']);
});

test('one ended session is named, and has a button of its own; a failure leads to the accounts', async (context) => {
  const { agent, page, says, footer, session } = await openWith(context, [anAccount('acme', ended)], {
    sessions: [team()],
  });
  await eventually(says).toBe('Session ended · AWS acme');
  const answer = Promise.withResolvers<void>();
  agent.handlers.login = async () => {
    await answer.promise;
    throw new AppError('login-failed', 'The portal does not respond.');
  };
  const button = footer.getByRole('button', { name: 'Sign in', exact: true });
  await button.click();
  await eventually(says).toBe('Signing in');
  expect(await button.count()).toBe(0);
  answer.resolve();
  await eventually(says).toBe('Sign-in failed · AWS acme');
  await session.click();
  await page.getByRole('alert').getByText('Sign-in failed: The portal does not respond.').waitFor();
  // The page has buttons of its own.
  expect(await button.count()).toBe(0);
});

test('a session of an Access team that is not the organisation’s is signed in to as well', async (context) => {
  const authDomain = 'partner.cloudflareaccess.com';
  const { footer, logins } = await openWith(
    context,
    [anAccount(authDomain, { provider: 'access', status: 'ended' }), anAccount('acme', ended)],
    { endedSessions: [{ authDomain, isRevoked: true }] },
  );
  await footer.getByRole('button', { name: 'Sign in to all' }).click();
  await eventually(async () => logins).toEqual(['aws acme', `access ${authDomain}`]);
});

test('a session that asks for a password leads to its form', async (context) => {
  const { page, footer } = await openWith(context, [
    anAccount('vault.example', { provider: 'vault', asks: 'password', ...ended }),
  ]);
  await footer.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
});

test('a session that another program ended is noticed when the user comes back to the window', async (context) => {
  const { page, says, have } = await openWith(context, [anAccount('acme', { endsAt: inHours(3) })]);
  await eventually(says).toBe('A AWS acme · 3h');
  have(anAccount('acme', ended));
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await eventually(says).toBe('Session ended · AWS acme');
});

test.for([undefined, true] as const)(
  'all of it fits a narrow window, production too: %s',
  async (production, context) => {
    const { page, footer } = await openWith(
      context,
      [anAccount('a-session-with-a-very-long-name-of-its-own', ended), anAccount('acme', ended)],
      {
        kubectl: {
          context: 'payments-northern-countries-reporting-production-eu-central-1',
          ...(production && { production, limit: { until: inHours(0.5), back: 'minikube' } }),
        },
      },
    );
    await footer.getByRole('button', { name: 'Sign in to all' }).waitFor();
    for (const width of [440, 360, 320, 220]) {
      await page.setViewportSize({ width, height: 600 });
      const badge = footer.locator('.badge.production');
      expect(await badge.count()).toBe(production ? 1 : 0);
      if (production) {
        const [inner, outer] = await Promise.all([
          badge.boundingBox(),
          footer.locator('.kubectl').boundingBox(),
        ]);
        expect((inner?.x ?? 0) + (inner?.width ?? 0)).toBeLessThanOrEqual(
          (outer?.x ?? 0) + (outer?.width ?? 0),
        );
      }
      let end = 0;
      for (const button of await footer.getByRole('button').all()) {
        const box = await button.boundingBox();
        expect(box?.x ?? 0).toBeGreaterThanOrEqual(end);
        end = (box?.x ?? 0) + (box?.width ?? 0);
        expect(box?.width ?? 0).toBeGreaterThanOrEqual(24);
        expect(box?.height ?? 0).toBeGreaterThanOrEqual(24);
        expect(end).toBeLessThanOrEqual(width);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      // One line: at 200 % there is no room for more.
      expect((await footer.boundingBox())?.height).toBeLessThan(40);
    }
  },
);
