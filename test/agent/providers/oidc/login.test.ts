import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../../main/agent/parts.ts';
import { oidcCredential } from '../../../../main/agent/providers/oidc/credential.ts';
import type { OidcIssuer } from '../../../../main/agent/providers/oidc/issuer.ts';
import { createOidcLogin } from '../../../../main/agent/providers/oidc/login.ts';
import { createOidcTokens } from '../../../../main/agent/providers/oidc/tokens.ts';
import { freePort } from '../../../peers/server.ts';
import { clusterClient, type OidcWorld, startIssuer } from '../../../world/oidc/issuer.ts';
import { defaultPlan } from '../../../world/plan.ts';
import { Traffic } from '../../../world/traffic.ts';
import { anyConsent } from '../../credentials/no-oidc.ts';
import { type Rig, signInFile, startRig } from '../../logins/rig.ts';

let rig: Rig;
let traffic: Traffic;
let world: OidcWorld;
let issuer: OidcIssuer;
let file: string;
beforeEach(async () => {
  rig = await startRig();
  traffic = new Traffic();
  world = await startIssuer({ people: defaultPlan.people, traffic });
  issuer = { issuer: world.issuer, clientId: clusterClient };
  file = path.join(rig.home, 'state', 'oidc.json');
});
afterEach(async () => {
  await world.close();
  await rig.close();
});

const never = new AbortController().signal;
const start = (one: OidcIssuer = issuer, more: readonly OidcIssuer[] = []) => {
  const { network, clock } = rig;
  const issuers = () => [one, ...more];
  const tokens = createOidcTokens({ file: signInFile(file), network, clock, logger: silentLogger, issuers });
  const logins = rig.logins(createOidcLogin({ network, clock, tokens, consents: anyConsent, file, issuers }));
  return { tokens, logins, login: () => logins.login({ provider: 'oidc', signal: never }) };
};
const tokenOf = async (tokens: ReturnType<typeof start>['tokens']) => {
  const credential = await oidcCredential(tokens, issuer);
  return credential.kind === 'token' ? credential.token : '';
};

test('signs in in the browser; the cluster takes the token, and the next start has it too', async () => {
  const { tokens, logins, login } = start();
  await expect(tokenOf(tokens)).rejects.toMatchObject({
    code: 'credential-failed',
    hint: `Run \`k8s-tunnels login oidc ${new URL(world.issuer).host}\`.`,
  });
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-out' }]);
  expect(await login()).toMatchObject({ who: 'ada@acme.example', status: 'signed-in', renews: true });
  expect(await rig.browser.ended()).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+\/callback$/)]);
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await world.verify(await tokenOf(start().tokens))).toBe('ada@acme.example');
});

test('with one port that the issuer allows, the browser returns there, by the very same address', async () => {
  const port = await freePort();
  expect(await start({ ...issuer, port }).login()).toMatchObject({ status: 'signed-in' });
  expect(await rig.browser.ended()).toEqual([`localhost:${port}/`]);
});

test('a token that ends is renewed once for all who ask; a sign-in that is over is told', async () => {
  const { tokens, login } = start();
  await login();
  const before = await tokenOf(tokens);
  rig.clock.skip(3_600_000);
  const after = await Promise.all(Array.from({ length: 50 }, () => tokenOf(tokens)));
  expect(new Set(after).size).toBe(1);
  expect(after[0]).not.toBe(before);
  expect(traffic.count('oidc', 'token')).toBe(2);
  rig.clock.skip(3_600_000);
  world.endRefreshes();
  await expect(tokenOf(tokens)).rejects.toMatchObject({ code: 'credential-failed' });
});

test.each(['invalid_grant', 'invalid_request'])(
  'a refresh token that is refused with %s needs a login, which is named',
  async (refusal) => {
    const { tokens, login } = start();
    await login();
    rig.clock.skip(3_600_000);
    world.endRefreshes(refusal);
    await expect(tokenOf(tokens)).rejects.toMatchObject({
      code: 'credential-failed',
      hint: expect.stringContaining('k8s-tunnels login oidc'),
      signIn: { provider: 'oidc' },
    });
  },
);

test('an issuer that gives id tokens at a login only is asked for one no more, and the login is named', async () => {
  const { tokens, login } = start();
  await login();
  rig.clock.skip(3_600_000);
  world.renewsIdTokens = false;
  const needed = { code: 'credential-failed', signIn: { provider: 'oidc' } };
  await expect(tokenOf(tokens)).rejects.toMatchObject(needed);
  await expect(tokenOf(tokens)).rejects.toMatchObject(needed);
  expect(traffic.count('oidc', 'token')).toBe(2);
  expect(await login()).toMatchObject({ status: 'signed-in' });
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
});

test('six processes without an agent renew once, and all get the token', async () => {
  await start().login();
  const before = await tokenOf(start().tokens);
  rig.clock.skip(3_600_000);
  // Each process has its own tokens, over the one file.
  const after = await Promise.all(Array.from({ length: 6 }, () => tokenOf(start().tokens)));
  expect(new Set(after).size).toBe(1);
  expect(after[0]).not.toBe(before);
  expect(traffic.count('oidc', 'token')).toBe(2);
  expect(await readdir(path.dirname(file))).toEqual([path.basename(file)]);
});

test('a lock of a process that was killed is broken; one that is none is named', async () => {
  const { tokens, login } = start();
  await login();
  rig.clock.skip(3_600_000);
  await writeFile(`${file}.lock`, '{"pid":2147483646,"start_time":1}');
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
  rig.clock.skip(3_600_000);
  await mkdir(`${file}.lock`);
  await expect(tokenOf(tokens)).rejects.toMatchObject({
    code: 'file-unwritable',
    message: expect.stringContaining(`${file}.lock is not a file`),
    hint: expect.stringContaining('Remove it'),
  });
});

test.each([
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://evil.example/authorize',
  'https://issuer.example@evil.example/authorize',
])('an issuer that sends the browser to %s is refused, and no browser opens', async (hostile) => {
  const server = http.createServer((_, response) => {
    const { port } = server.address() as AddressInfo;
    const issued = `http://127.0.0.1:${port}`;
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        issuer: issued,
        authorization_endpoint: hostile,
        token_endpoint: `${issued}/token`,
        jwks_uri: `${issued}/keys`,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { login } = start({ issuer: `http://127.0.0.1:${port}`, clientId: clusterClient });
    await expect(login()).rejects.toMatchObject({ code: 'url-refused' });
    expect(rig.browser.opened).toEqual([]);
    expect(rig.seen).toEqual([]);
  } finally {
    server.close();
  }
});

test('an issuer that is away is told as that, and the sign-in stays', async () => {
  const { tokens, logins, login } = start();
  await login();
  rig.clock.skip(3_600_000);
  traffic.inject({ service: 'oidc', operation: 'token', times: 1, does: { kind: 'drop' } });
  await expect(tokenOf(tokens)).rejects.toMatchObject({ code: 'network-unreachable' });
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-in' }]);
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
});

test('half a file is set aside and told; a sign-in mends it', async () => {
  await start().login();
  const whole = await readFile(file, 'utf8');
  await writeFile(file, whole.slice(0, whole.length / 2));
  const { tokens, logins, login } = start();
  await expect(tokenOf(tokens)).rejects.toMatchObject({
    code: 'credential-failed',
    hint: expect.stringContaining('k8s-tunnels login oidc'),
  });
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-out' }]);
  expect(await readFile(`${file}.unreadable`, 'utf8')).toBe(whole.slice(0, whole.length / 2));
  await login();
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
});

test.each([-600, 600])('a clock that is wrong by %i s does no harm', async (seconds) => {
  world.skewSeconds = seconds;
  const { tokens, login } = start();
  await login();
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
});

describe('an answer that is not for us', () => {
  test.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another application', { aud: 'somebody-else' }],
    ['another sign-in', { nonce: 'stale' }],
    ['long ago', { iat: 1, exp: 2 }],
  ])('%s', async (_, claims) => {
    world.claims = claims;
    const { login } = start();
    await expect(login()).rejects.toMatchObject({ code: 'login-failed' });
    await expect(rig.browser.ended()).rejects.toThrow('answered 400');
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a client that the issuer does not know', async () => {
    const { login } = start({ ...issuer, clientId: 'unknown' });
    rig.browser.person = 'absent';
    const refused = login();
    refused.catch(() => {});
    await expect.poll(() => rig.browser.opened.length).toBe(1);
    const { searchParams } = new URL(rig.browser.opened[0] ?? '');
    const back = new URL(searchParams.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({
      state: searchParams.get('state') ?? '',
      code: 'x',
      iss: world.issuer,
    }).toString();
    await fetch(back);
    await expect(refused).rejects.toMatchObject({
      code: 'login-failed',
      message: expect.stringContaining('invalid_client'),
    });
  });

  test('an answer of another issuer, mixed up', async () => {
    rig.browser.person = 'absent';
    const refused = start().login();
    refused.catch(() => {});
    await expect.poll(() => rig.browser.opened.length).toBe(1);
    const { searchParams } = new URL(rig.browser.opened[0] ?? '');
    const back = new URL(searchParams.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({
      state: searchParams.get('state') ?? '',
      code: 'x',
      iss: 'https://evil.example',
    }).toString();
    await fetch(back);
    await expect(refused).rejects.toMatchObject({ code: 'login-failed' });
    expect(traffic.count('oidc', 'token')).toBe(0);
  });
});

test('by a device code, where no browser opens', async () => {
  rig.browser.person = 'missing';
  const { logins, login } = start();
  const signedIn = login();
  await expect.poll(() => logins.waiting()[0]?.userCode).toBeDefined();
  rig.browser.person = 'present';
  await rig.browser.open(logins.waiting()[0]?.url ?? '');
  await rig.browser.ended();
  expect(await signedIn).toMatchObject({ status: 'signed-in' });
});

test('two applications of one host are two sign-ins, each by its own name', async () => {
  const { host } = new URL(world.issuer);
  const { tokens, logins } = start(issuer, [{ ...issuer, clientId: 'other' }]);
  expect((await logins.accounts()).map(({ session }) => session)).toEqual([
    `${clusterClient}@${host}`,
    `other@${host}`,
  ]);
  const session = `${clusterClient}@${host}`;
  await expect(tokenOf(tokens)).rejects.toMatchObject({ hint: `Run \`k8s-tunnels login oidc ${session}\`.` });
  expect(await logins.login({ provider: 'oidc', session, signal: never })).toMatchObject({
    session,
    status: 'signed-in',
  });
  expect(await world.verify(await tokenOf(tokens))).toBe('ada@acme.example');
  expect(await logins.accounts()).toMatchObject([{ status: 'signed-in' }, { status: 'signed-out' }]);
});

test('signing out revokes it and forgets it', async () => {
  const { tokens, logins, login } = start();
  await login();
  const { removed, remaining } = await logins.logout({ provider: 'oidc' });
  expect(removed).toEqual([expect.stringContaining('revoked')]);
  expect(remaining).toHaveLength(2);
  await expect(tokenOf(tokens)).rejects.toMatchObject({ code: 'credential-failed' });
  expect(await readFile(file, 'utf8')).not.toContain('ey');
});
