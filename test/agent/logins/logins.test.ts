import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LoginProvider, SignInRequest } from '../../../main/agent/providers/login-provider.ts';
import { type Rig, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const never = new AbortController().signal;

/** A provider with these sessions, whose sign-ins end when the test says so. */
function heldProvider(...sessions: readonly string[]) {
  const begun: {
    readonly request: SignInRequest;
    readonly end: () => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const provider: LoginProvider = {
    kind: 'oidc',
    title: 'Somewhere',
    setUp: 'Set something up.',
    accounts: async () =>
      sessions.map((session) => ({
        provider: 'oidc',
        session,
        status: 'signed-out',
        renews: false,
        store: 'memory',
        asks: 'browser',
        ours: true,
      })),
    async signIn(request) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      begun.push({ request, end: resolve, fail: reject });
      await request.onUrl(`https://issuer.example/${request.session}`);
      await promise;
    },
    signOut: async () => ({ removed: [], remaining: [] }),
  };
  return { provider, begun };
}

test('all who ask for one sign-in share it, and it ends with the last of them', async () => {
  const { provider, begun } = heldProvider('a');
  const logins = rig.logins(provider);
  rig.browser.person = 'absent';
  const first = new AbortController();
  const second = new AbortController();
  const results = Promise.allSettled([
    logins.login({ provider: 'oidc', signal: first.signal }),
    logins.login({ provider: 'oidc', session: 'a', signal: second.signal }),
  ]);
  await expect.poll(() => rig.browser.opened).toEqual(['https://issuer.example/a']);
  first.abort();
  expect(begun[0]?.request.signal.aborted).toBe(false);
  second.abort();
  expect(await results).toMatchObject([{ reason: { code: 'cancelled' } }, { reason: { code: 'cancelled' } }]);
  expect(begun).toHaveLength(1);
  expect(begun[0]?.request.signal.aborted).toBe(true);
  await expect.poll(() => logins.waiting()).toEqual([]);
  // The next one begins anew.
  const again = logins.login({ provider: 'oidc', signal: never });
  await expect.poll(() => begun.length).toBe(2);
  begun[1]?.end();
  await again;
});

test('one browser tab at a time', async () => {
  const { provider, begun } = heldProvider('a', 'b');
  const logins = rig.logins(provider);
  rig.browser.person = 'absent';
  const a = logins.login({ provider: 'oidc', session: 'a', signal: never });
  await expect.poll(() => begun.length).toBe(1);
  const b = logins.login({ provider: 'oidc', session: 'b', signal: never });
  begun[0]?.fail(new Error('no'));
  await expect(a).rejects.toThrow('no');
  await expect
    .poll(() => rig.browser.opened)
    .toEqual(['https://issuer.example/a', 'https://issuer.example/b']);
  expect(logins.waiting().map(({ title }) => title)).toEqual(['Somewhere (b)']);
  begun[1]?.end();
  await b;
  expect(Math.max(...rig.seen.map(({ length }) => length))).toBe(1);
});

test('one that is cancelled while it waits lets nobody pass', async () => {
  const { provider, begun } = heldProvider('a', 'b', 'c');
  const logins = rig.logins(provider);
  rig.browser.person = 'absent';
  const a = logins.login({ provider: 'oidc', session: 'a', signal: never });
  await expect.poll(() => begun.length).toBe(1);
  const gone = new AbortController();
  const b = expect(
    logins.login({ provider: 'oidc', session: 'b', signal: gone.signal }),
  ).rejects.toMatchObject({
    code: 'cancelled',
  });
  const c = logins.login({ provider: 'oidc', session: 'c', signal: never });
  gone.abort();
  await b;
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await a;
  await expect.poll(() => begun.length).toBe(2);
  begun[1]?.end();
  await c;
  expect(rig.browser.opened).toEqual(['https://issuer.example/a', 'https://issuer.example/c']);
});

test('no tab is opened for whoever has gone before it was ready', async () => {
  const ready = Promise.withResolvers<void>();
  const { provider } = heldProvider('a');
  const begun = Promise.withResolvers<void>();
  const slow: LoginProvider = {
    ...provider,
    async signIn(request) {
      begun.resolve();
      await ready.promise;
      await request.onUrl('https://issuer.example/late');
    },
  };
  const logins = rig.logins(slow);
  const gone = new AbortController();
  const cancelled = expect(logins.login({ provider: 'oidc', signal: gone.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  await begun.promise;
  gone.abort();
  await cancelled;
  ready.resolve();
  await rig.clock.sleep(0);
  expect(rig.browser.opened).toEqual([]);
  expect(logins.waiting()).toEqual([]);
});

test('nobody answers: it ends after five minutes', async () => {
  const { provider } = heldProvider('a');
  const logins = rig.logins(provider);
  rig.browser.person = 'absent';
  const late = expect(logins.login({ provider: 'oidc', signal: never })).rejects.toMatchObject({
    code: 'login-timeout',
  });
  await expect.poll(() => logins.waiting().length).toBe(1);
  rig.clock.skip(5 * 60_000);
  await late;
  expect(logins.waiting()).toEqual([]);
  expect(rig.clock.pending()).toBe(0);
});

test('the end of the agent ends what waits', async () => {
  const { provider } = heldProvider('a');
  const logins = rig.logins(provider);
  rig.browser.person = 'absent';
  const ended = expect(logins.login({ provider: 'oidc', signal: never })).rejects.toMatchObject({
    code: 'cancelled',
  });
  await expect.poll(() => logins.waiting().length).toBe(1);
  logins.close();
  await ended;
});

test('what cannot be meant is said', async () => {
  const one = rig.logins(heldProvider('a', 'b').provider);
  await expect(one.login({ provider: 'oidc', signal: never })).rejects.toMatchObject({
    code: 'bad-input',
    hint: 'They are a, b.',
  });
  await expect(one.login({ provider: 'oidc', session: 'c', signal: never })).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(
    rig.logins(heldProvider().provider).login({ provider: 'oidc', signal: never }),
  ).rejects.toMatchObject({
    code: 'not-found',
    hint: 'Set something up.',
  });
  await expect(one.login({ provider: 'gcp', signal: never })).rejects.toMatchObject({ code: 'bad-input' });
});

test.each([
  'file:///etc/passwd?state=x',
  'javascript:alert(1)',
  'http://evil.example/authorize?state=x',
  'https://issuer.example@evil.example/authorize',
  'not an address',
])('%s of a hostile server is neither opened nor shown', async (url) => {
  for (const tell of [
    (request: SignInRequest) => request.onUrl(url),
    async (request: SignInRequest) => request.onDeviceCode({ url, userCode: 'CODE' }),
  ]) {
    const { provider } = heldProvider('a');
    const logins = rig.logins({
      ...provider,
      async signIn(request) {
        await tell(request);
      },
    });
    await expect(logins.login({ provider: 'oidc', signal: never })).rejects.toMatchObject({
      code: 'url-refused',
    });
  }
  expect(rig.browser.opened).toEqual([]);
  expect(rig.seen).toEqual([]);
});

test('what the organisation has switched off is not offered; what is held can be signed out of', async () => {
  const { provider, begun } = heldProvider('a');
  rig.off.add('oidc');
  expect(await rig.logins(provider).accounts()).toEqual([]);
  await expect(rig.logins(provider).login({ provider: 'oidc', signal: never })).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('Acme has switched'),
  });
  expect(await rig.logins(provider).inBrowser({ provider: 'oidc' })).toBeUndefined();
  expect(begun).toEqual([]);
  const [account] = await provider.accounts();
  if (account === undefined) throw new Error('there is an account');
  const held = {
    ...provider,
    accounts: async () => [{ ...account, status: 'ended', needed: true } as const],
  };
  expect(await rig.logins(held).accounts()).toEqual([{ ...account, status: 'ended' }]);
});
