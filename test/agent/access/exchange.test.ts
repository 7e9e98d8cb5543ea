import { describe, expect, it } from 'vitest';
import { exchangeOrgToken } from '../../../main/agent/access/exchange.ts';
import type { Answer } from '../../../main/agent/network/network.ts';
import type { Clock } from '../../../main/agent/parts.ts';
import { skippingClock } from '../skipping-clock.ts';
import { host, scriptedNetwork, team } from './edge-double.ts';

const orgJwt = 'the-organisation-token';
const login = `https://${team}/cdn-cgi/access/login/${host}?kid=x`;
const authorized = `https://${host}/cdn-cgi/access/authorized?state=x`;

/** Each step is an address and what it answers; an address that is not there answers 404. */
async function follow(steps: Readonly<Record<string, Partial<Answer>>>, clock: Clock = skippingClock()) {
  const network = scriptedNetwork((url) => steps[url.href] ?? { status: 404 });
  const options = { network, clock, hostname: host, authDomain: team, orgJwt };
  const result = await exchangeOrgToken(options).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const carriers = network.asked.filter(({ headers }) => JSON.stringify(headers).includes(orgJwt));
  return { ...result, asked: network.asked, carriers: carriers.map(({ url }) => url.href) };
}
const to = (location: string, ...cookies: readonly string[]): Partial<Answer> => ({
  status: 302,
  headers: { location, 'set-cookie': [...cookies] },
});
const start = `https://${host}/`;

describe('the exchange of an organisation token', () => {
  it('follows the redirects and brings each cookie where it belongs', async () => {
    const { value, asked, carriers } = (await follow({
      [start]: to(login, 'CF_AppSession=session; Path=/; Secure'),
      [login]: to(authorized),
      [authorized]: to(
        start,
        'CF_AppSession=; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
        'CF_Authorization=app; Path=/',
      ),
    })) as never;
    expect(value).toEqual({ kind: 'token', jwt: 'app' });
    expect(carriers).toEqual([login]);
    expect(
      (asked as { headers: unknown }[]).map(({ headers }) => (headers as { cookie?: string }).cookie),
    ).toEqual([undefined, `CF_Authorization=${orgJwt}`, 'CF_AppSession=session']);
  });

  it.each([
    ['another host', 'https://evil.example/cdn-cgi/access/login/x'],
    ['another team', 'https://evil.cloudflareaccess.com/cdn-cgi/access/login/x'],
    ['a host that begins alike', `https://${team}.evil.example/cdn-cgi/access/login/x`],
    ['a host behind a user name', `https://${team}@evil.example/cdn-cgi/access/login/x`],
    ['another port', `https://${team}:8443/cdn-cgi/access/login/x`],
    ['a connection without TLS', `http://${team}/cdn-cgi/access/login/x`],
  ])('never follows it to %s', async (_, location) => {
    const { carriers, asked } = await follow({ [start]: to(location) });
    expect(asked).toHaveLength(1);
    expect(carriers).toEqual([]);
  });

  it.each<[string, Record<string, Partial<Answer>>]>([
    ['the session has ended', { [start]: to(login), [login]: to('https://idp.acme.example/authorize') }],
    ['the answer sets no cookie', { [start]: to(login), [login]: to(authorized), [authorized]: to(start) }],
    [
      'the cookie is one that is deleted',
      {
        [start]: to(login),
        [login]: to(authorized),
        [authorized]: to(start, 'CF_Authorization=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT'),
      },
    ],
    ['it leads in a circle', { [start]: to(start) }],
    ['it leads to no address', { [start]: to('https://%%') }],
    ['nothing asks for a login', { [start]: { status: 200 } }],
  ])('gives nothing where %s', async (_, steps) => {
    const result = await follow(steps);
    expect(result).toMatchObject({ value: { kind: 'none' } });
  });

  it.each([
    [-1_000, { kind: 'none' }],
    [0, { kind: 'none' }],
    [1_000, { kind: 'token', jwt: 'app' }],
  ])('takes a cookie until it ends: one that ends in %i ms', async (leftMs, value) => {
    const endsAt = Date.parse('2026-05-01T12:00:00Z');
    const cookie = `CF_Authorization=app; Expires=${new Date(endsAt).toUTCString()}`;
    const steps = { [start]: to(login), [login]: to(authorized), [authorized]: to(start, cookie) };
    const clock = { ...skippingClock(), now: () => endsAt - leftMs };
    expect(await follow(steps, clock)).toMatchObject({ value });
  });

  it('is denied where the policy says no, and names the ray', async () => {
    const body = Buffer.from('<h1>Forbidden</h1><p>Group people-ops only</p>');
    const forbidden = { status: 403, headers: { 'cf-ray': 'abc-FRA' }, body };
    expect(await follow({ [start]: to(login), [login]: forbidden })).toMatchObject({
      value: { kind: 'denied', denial: { ray: 'abc-FRA', message: 'Group people-ops only' } },
    });
  });

  it.each([
    ['limits the rate', { status: 429 }, 'HTTP 429'],
    ['has a fault', { status: 500 }, 'HTTP 500'],
    ['is down', { status: 503 }, 'HTTP 503'],
    ['blocks the network', { status: 403, body: Buffer.from('error code: 1009') }, '(error 1009)'],
    ['wants a browser', { status: 403, headers: { 'cf-mitigated': 'challenge' } }, 'bot protection'],
  ])('takes no answer for an end of the session or a denial where Cloudflare %s', async (_, answer, says) => {
    const error = {
      code: 'edge-failed',
      retryable: true,
      message: expect.stringContaining(says),
    };
    expect(await follow({ [start]: answer })).toMatchObject({ error });
    expect(await follow({ [start]: to(login), [login]: answer })).toMatchObject({ error });
    const steps = { [start]: to(login), [login]: to(authorized), [authorized]: answer };
    expect(await follow(steps)).toMatchObject({ error });
  });
});
