import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import nacl from 'tweetnacl';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audience } from '../world/access/tokens.ts';
import { findForm, heading } from '../world/person/form.ts';
import { installBrowser } from '../world/person/wrapper.ts';
import {
  type Answer,
  absentHost,
  deniedHost,
  type Fixture,
  groupHost,
  otherTcpHost,
  postureHost,
  startFixture,
  tcpHost,
} from './access-fixture.ts';

const run = promisify(execFile);
const team = 'https://acme.cloudflareaccess.com';
const metadata = { 'cf-access-metadata-request': 'true' };

let world: Fixture;
beforeEach(async () => {
  world = await startFixture({ transferHoldMs: 100 });
});
afterEach(() => world.close());

const cookieOf = (answer: Answer, name: string) =>
  answer.headers['set-cookie']
    ?.map((line) => line.split(';')[0] ?? '')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** A client's login through the browser, as cloudflared starts it. */
function startLogin(host: string) {
  const pair = nacl.box.keyPair();
  const key = Buffer.from(pair.publicKey).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  const query = new URLSearchParams({ token: key, aud: audience(host), send_org_token: 'true' });
  const fetchTokens = () => world.request(`https://login.cloudflareaccess.org/transfer/${key}`);
  const unseal = ({ body, headers }: Answer): { app_token: string; org_token: string } => {
    const sealed = Buffer.from(body, 'base64');
    const sender = Buffer.from(String(headers['service-public-key']), 'base64url');
    const opened = nacl.box.open(sealed.subarray(24), sealed.subarray(0, 24), sender, pair.secretKey);
    return JSON.parse(Buffer.from(opened ?? []).toString());
  };
  return { url: `https://${host}/cdn-cgi/access/cli?${query}`, fetchTokens, unseal };
}

async function login(host: string) {
  const { url, fetchTokens, unseal } = startLogin(host);
  await run(world.browser.command, [url]);
  return unseal(await fetchTokens());
}

/** The organisation token's way to an application token; the last answer. */
async function exchange(host: string, orgToken: string, session?: string): Promise<Answer> {
  const first = await world.request(`https://${host}/`, { method: 'HEAD' });
  const second = await world.request(String(first.headers.location), {
    method: 'HEAD',
    headers: { cookie: `CF_Authorization=${orgToken}` },
  });
  const next = String(second.headers.location);
  if (!next.includes('/cdn-cgi/access/authorized')) return second;
  return world.request(next, {
    method: 'HEAD',
    headers: { cookie: `CF_AppSession=${session ?? cookieOf(first, 'CF_AppSession')}` },
  });
}

describe('app info', () => {
  it('is a token that the published keys verify, across a rotation', async () => {
    const ask = async () =>
      String(
        (await world.request(`https://${tcpHost}/`, { method: 'HEAD', headers: metadata })).headers[
          'cf-access-metadata'
        ],
      );
    const keys = async () => {
      const { body } = await world.request(`${team}/cdn-cgi/access/certs`);
      return JSON.parse(body) as JSONWebKeySet & { public_cert: { cert: string } };
    };
    const before = await ask();
    const { payload } = await jwtVerify(before, createLocalJWKSet(await keys()), { algorithms: ['RS256'] });
    expect(payload).toMatchObject({
      type: 'match',
      hostname: tcpHost,
      app_hostname: tcpHost,
      auth_domain: 'acme.cloudflareaccess.com',
      aud: audience(tcpHost),
    });
    const old = await keys();
    await world.access.rotateKeys();
    const after = await ask();
    await expect(jwtVerify(after, createLocalJWKSet(old))).rejects.toThrow();
    const current = createLocalJWKSet(await keys());
    await jwtVerify(before, current);
    await jwtVerify(after, current);
    expect((await keys()).public_cert.cert).not.toBe(old.public_cert.cert);
  });

  it('is not there on a host without an application', async () => {
    const answer = await world.request(`https://${absentHost}/`, { method: 'HEAD', headers: metadata });
    expect(answer.status).toBe(530);
    expect(answer.headers['cf-access-metadata']).toBeUndefined();
  });
});

describe('login', () => {
  it('fills in the form once, and hands over both tokens once', async () => {
    const { url, fetchTokens, unseal } = startLogin(tcpHost);
    expect((await fetchTokens()).status).toBe(404);
    const { stdout } = await run(world.browser.command, [url]);
    expect(stdout).toContain(`${tcpHost}/cdn-cgi/access/cli`);
    const tokens = unseal(await fetchTokens());
    expect(decodeJwt(tokens.app_token)).toMatchObject({ type: 'app', aud: [audience(tcpHost)], iss: team });
    expect(decodeJwt(tokens.org_token)).toMatchObject({ type: 'org', email: 'ada@acme.example' });
    expect((await fetchTokens()).status).toBe(404);

    await login(otherTcpHost);
    expect(world.traffic.count('idp', 'sign-in')).toBe(1);
    world.access.revokeAll();
    await login(tcpHost);
    expect(world.traffic.count('idp', 'sign-in')).toBe(1);
    world.access.revokeAll();
    world.access.endSessions();
    await login(tcpHost);
    expect(world.traffic.count('idp', 'sign-in')).toBe(2);
    expect(await world.browser.tabs()).toHaveLength(4);
  });

  it('answers a transfer that waits as soon as the box is there', async () => {
    await world.close();
    world = await startFixture({ transferHoldMs: 60_000 });
    const { url, fetchTokens, unseal } = startLogin(tcpHost);
    const waiting = fetchTokens();
    await run(world.browser.command, [url]);
    expect(unseal(await waiting)).toHaveProperty('app_token');
  });

  it('shows a wrong password on the form, and takes no form that it has not made', async () => {
    const stranger = await installBrowser({
      folder: `${world.home}/stranger`,
      person: { email: 'ada@acme.example', password: 'wrong' },
      proxy: world.proxy.url,
      authorityFile: world.authorityFile,
    });
    await expect(run(stranger.command, [startLogin(tcpHost).url])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('idp.acme.example answered 401'),
    });
    const forged = await world.request('https://idp.acme.example/login', { method: 'POST' });
    expect(forged.status).toBe(403);
    const elsewhere = await world.request(
      'https://idp.acme.example/authorize?redirect_uri=https://evil.example/',
    );
    expect(elsewhere.status).toBe(400);
  });

  it('does nothing for a person who is absent, and counts the tab', async () => {
    const { url, fetchTokens } = startLogin(tcpHost);
    await run(world.browser.command, [url], { env: { ...process.env, WORLD_PERSON: 'absent' } });
    expect(await world.browser.tabs()).toEqual([`${tcpHost}/cdn-cgi/access/cli`]);
    expect((await fetchTokens()).status).toBe(404);
  });

  it('says no to a person whom the policy denies', async () => {
    await expect(run(world.browser.command, [startLogin(deniedHost).url])).rejects.toMatchObject({
      stderr: expect.stringContaining('answered 403: That account does not have access'),
    });
    const { app_token } = await login(tcpHost);
    const headers = { 'cf-access-token': app_token };
    expect((await world.request(`https://${tcpHost}/`, { headers })).status).toBe(400);
    world.access.setPolicy(tcpHost, ['grace@acme.example']);
    const denied = await world.request(`https://${tcpHost}/`, { headers });
    expect(denied.status).toBe(403);
    expect(denied.headers['cf-ray']).toMatch(/^[0-9a-f]{16}-FRA$/);
    expect(denied.body).toContain(String(denied.headers['cf-ray']));
    world.access.setPolicy(tcpHost, undefined);
    expect((await world.request(`https://${tcpHost}/`, { headers })).status).toBe(400);
  });

  it('says no by group and by what the device fails, and tells of the device', async () => {
    const { org_token } = await login(tcpHost);
    const cookie = `CF_Authorization=${org_token}`;
    const failed = async () => {
      const { body } = await world.request(`${team}/cdn-cgi/access/get-identity`, { headers: { cookie } });
      const { devicePosture } = JSON.parse(body) as { devicePosture: Record<string, { success: boolean }> };
      return Object.values(devicePosture).filter(({ success }) => !success);
    };
    for (const host of [groupHost, postureHost]) expect((await exchange(host, org_token)).status).toBe(403);
    await expect(run(world.browser.command, [startLogin(groupHost).url])).rejects.toMatchObject({
      stderr: expect.stringContaining('answered 403'),
    });
    expect(await failed()).toMatchObject([{ rule_name: 'disk-encryption', description: 'disk encryption' }]);

    world.access.setGroups('ada@acme.example', ['people-ops']);
    world.access.setFailing('ada@acme.example', []);
    expect(await failed()).toEqual([]);
    for (const host of [groupHost, postureHost])
      expect(cookieOf(await exchange(host, org_token), 'CF_Authorization')).toBeDefined();
  });

  it('tells who a token stands for', async () => {
    const { app_token, org_token } = await login(tcpHost);
    for (const [host, token] of [
      [team, org_token],
      [`https://${tcpHost}`, app_token],
    ]) {
      const url = `${host}/cdn-cgi/access/get-identity`;
      const { body } = await world.request(url, { headers: { cookie: `CF_Authorization=${token}` } });
      expect(JSON.parse(body)).toMatchObject({ email: 'ada@acme.example', is_warp: false });
      expect((await world.request(url)).status).toBe(400);
    }
  });
});

describe('the organisation token', () => {
  it('is worth an application token together with the session that asked', async () => {
    const { org_token } = await login(tcpHost);
    const answer = await exchange(otherTcpHost, org_token);
    const token = String(cookieOf(answer, 'CF_Authorization'));
    expect(decodeJwt(token)).toMatchObject({ type: 'app', aud: [audience(otherTcpHost)] });
    expect((await exchange(otherTcpHost, org_token, 'of-someone-else')).status).toBe(400);
    expect((await exchange(deniedHost, org_token)).status).toBe(403);
    const elsewhere = { 'cf-access-token': token };
    expect((await world.request(`https://${tcpHost}/`, { headers: elsewhere })).status).toBe(302);
  });

  it('outlives the application token, and ends by itself', async () => {
    const { app_token, org_token } = await login(tcpHost);
    const check = (token: string) =>
      world.request(`https://${tcpHost}/?cloudflared_token_check=true`, {
        headers: { 'cf-access-token': token },
      });
    world.access.revokeApp(tcpHost);
    const refused = await check(app_token);
    expect(refused.status).toBe(302);
    expect(new URL(String(refused.headers.location)).pathname).toBe(`/cdn-cgi/access/login/${tcpHost}`);
    world.access.setTokenSeconds({ app: 60 });
    const renewed = String(cookieOf(await exchange(tcpHost, org_token), 'CF_Authorization'));
    const { exp = 0, iat = 0 } = decodeJwt(renewed);
    expect(exp - iat).toBe(60);
    expect((await check(renewed)).status).toBe(400);
    world.access.expire('org');
    expect((await check(renewed)).status).toBe(400);
    const asksForLogin = await exchange(tcpHost, org_token);
    expect(String(asksForLogin.headers.location)).toContain('https://idp.acme.example/authorize');
  });

  it('holds for its time only', async () => {
    const { org_token } = await login(tcpHost);
    world.access.setTokenSeconds({ app: 1 });
    const token = String(cookieOf(await exchange(tcpHost, org_token), 'CF_Authorization'));
    const status = async () =>
      (await world.request(`https://${tcpHost}/`, { headers: { 'cf-access-token': token } })).status;
    await expect.poll(status, { timeout: 10_000 }).toBe(302);
  });
});

describe('the proxy', () => {
  it('leads nowhere but to the hosts of the world', async () => {
    await expect(world.request('https://example.com/')).rejects.toThrow(/502/);
    expect(world.proxy.refused).toEqual(['example.com:443']);
    expect(world.traffic.count('proxy', 'connect')).toBe(1);
  });

  it('asks for a password where it has one', async () => {
    await world.close();
    world = await startFixture({ login: { user: 'ada', password: 'p:w@d' } });
    expect(await login(tcpHost)).toHaveProperty('app_token');
    const bare = http.request({ port: world.proxy.port, method: 'CONNECT', path: `${tcpHost}:443` }).end();
    const [answer] = await once(bare, 'connect');
    expect(answer.statusCode).toBe(407);
    expect(answer.headers['proxy-authenticate']).toMatch(/^Basic/);
  });

  it('acts out faults and drops', async () => {
    world.traffic.inject({ service: 'proxy', times: 1, does: { kind: 'error' } });
    await expect(world.request(`https://${tcpHost}/`)).rejects.toThrow(/503/);
    world.traffic.inject({
      service: 'access',
      operation: 'app-info',
      times: 1,
      does: { kind: 'hold' },
    });
    const hanging = world.request(`https://${tcpHost}/`, { headers: metadata });
    await expect.poll(() => world.traffic.count('access', 'app-info')).toBe(1);
    expect(world.proxy.dropConnections()).toBe(1);
    await expect(hanging).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

it('reads forms as a browser does', () => {
  const html =
    '<h1>A &amp; B</h1><form method=post action="/x"><input name="a" value="&quot;1&quot;"><input type="email" name="e" required></form>';
  expect(heading(html)).toBe('A & B');
  expect(findForm(html.replace('method=post', 'method="post"'))).toEqual({
    method: 'POST',
    action: '/x',
    fields: [
      { name: 'a', type: 'text', value: '"1"' },
      { name: 'e', type: 'email', value: '' },
    ],
  });
  expect(findForm('<p>nothing</p>')).toBeUndefined();
});
