import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAppTokens, loginNeeded } from '../../../main/agent/access/app-tokens.ts';
import { createTokenFiles, parseToken, type Token } from '../../../main/agent/access/token-files.ts';
import { createNetwork, type Network } from '../../../main/agent/network/network.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';

const team = 'acme.cloudflareaccess.com';
const app = { hostname: 'a.example', authDomain: team, audience: '0'.repeat(64), appHostname: 'a.example' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'app-tokens-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Of the application, good for an hour. */
const jwt = () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: `https://${team}`, aud: [app.audience], iat: now, exp: now + 3_600 };
  return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
};

/** An edge that exchanges every session for a token of the application, and counts. */
function edge() {
  let exchanges = 0;
  const request: Network['request'] = async (url) => {
    const isAuthorized = url.pathname === '/cdn-cgi/access/authorized';
    if (isAuthorized) exchanges += 1;
    const headers = isAuthorized
      ? { 'set-cookie': [`CF_Authorization=${jwt()}`] }
      : { location: '/cdn-cgi/access/authorized' };
    return { status: isAuthorized ? 200 : 302, headers, body: Buffer.alloc(0) };
  };
  return { network: { ...createNetwork({}), request }, exchanges: () => exchanges };
}

/** Tokens whose files are read when `read` resolves. */
function tokensAfter(read: Promise<void>, network = createNetwork({}), session?: Token) {
  const files = createTokenFiles({ folder, clock: systemClock });
  const tokens = createAppTokens({
    network,
    clock: systemClock,
    logger: silentLogger,
    files: {
      ...files,
      async readApp(...of) {
        const token = await files.readApp(...of);
        await read;
        return token;
      },
    },
    sessions: { of: async () => session, lasting: async () => [], list: () => Promise.reject(new Error()) },
    ended: { has: () => false, check: async () => false },
    onAnswer: () => {},
  });
  return { files, tokens };
}

test('a token that was read while the user signed out is neither used nor remembered', async () => {
  const { promise: read, resolve: goOn } = Promise.withResolvers<void>();
  const { files, tokens } = tokensAfter(read);
  await files.writeApp(app, jwt());
  const token = tokens.silent(app);
  tokens.signOut(team);
  goOn();
  expect(await token).toBeUndefined();
  expect(tokens.signOut(team)).toEqual([]);
});

test('a token that was asked for before the user signed out is not kept', async () => {
  const { tokens } = tokensAfter(Promise.resolve());
  const since = tokens.signOuts(team);
  tokens.signOut(team);
  await expect(tokens.keep(app, jwt(), since)).rejects.toMatchObject({ code: 'access-login-needed' });
  expect(await readdir(folder)).toEqual([]);
  expect(tokens.signOut(team)).toEqual([]);
});

test('without a sign-out it is used, and signing out says for which hostname', async () => {
  const { files, tokens } = tokensAfter(Promise.resolve());
  await files.writeApp(app, jwt());
  expect(await tokens.silent(app)).toMatchObject({ jwt: expect.stringContaining('x.') });
  expect(tokens.signOut('other.cloudflareaccess.com')).toEqual([]);
  expect(tokens.signOut(team)).toEqual([app.hostname]);
});

test('an exchange that ends while the files are read is not repeated', async () => {
  const { promise: read, resolve: goOn } = Promise.withResolvers<void>();
  const { network, exchanges } = edge();
  const { tokens } = tokensAfter(read, network, parseToken(jwt()));
  const first = tokens.exchange(app);
  const second = tokens.silent(app);
  const token = await first;
  goOn();
  expect(token).toMatchObject({ jwt: expect.stringContaining('x.') });
  expect(await second).toEqual(token);
  expect(exchanges()).toBe(1);
});

test('who was never signed in is told to connect, and whose session has ended to connect again', () => {
  expect([loginNeeded('shop.example', false), loginNeeded('shop.example')]).toMatchObject([
    { hint: 'Connect it to sign in with the browser.' },
    { hint: 'Connect again to sign in with the browser.' },
  ]);
});
