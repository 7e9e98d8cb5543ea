import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAppInfo } from '../../../main/agent/access/app-info.ts';
import { type SkippingClock, skippingClock } from '../skipping-clock.ts';
import { createSigner, goodClaims, host, type Signer, scriptedNetwork, team } from './edge-double.ts';

const hour = 3_600_000;

describe('the description of an application', () => {
  let signer: Signer;
  let stranger: Signer;
  beforeAll(async () => {
    signer = await createSigner('one');
    stranger = await createSigner('one');
  });

  let clock: SkippingClock;
  let published: Signer[];
  beforeEach(() => {
    clock = skippingClock();
    published = [signer];
  });

  const edge = (
    describe: () => Promise<string | undefined>,
    certs?: () => { status?: number; body?: Buffer },
  ) =>
    scriptedNetwork(async (url) => {
      if (url.pathname === '/cdn-cgi/access/certs')
        return (
          certs?.() ?? {
            body: Buffer.from(
              JSON.stringify({ keys: await Promise.all(published.map((each) => each.jwk())) }),
            ),
          }
        );
      const jwt = await describe();
      return { status: 302, headers: jwt === undefined ? {} : { 'cf-access-metadata': jwt } };
    });
  const find = (change: JWTPayload, by: () => Signer = () => signer) =>
    createAppInfo({
      network: edge(() => by().sign({ ...goodClaims(clock.now()), ...change })),
      clock,
    }).find(host);

  it('is asked for again after the clock was set back by more than it holds', async () => {
    const network = edge(() => signer.sign(goodClaims(clock.now())));
    const apps = createAppInfo({ network, clock });
    await apps.find(host);
    clock.skip(-2 * hour);
    await apps.find(host);
    expect(network.asked.map(({ url }) => url.host)).toEqual([host, team, host]);
    clock.skip(-25 * hour);
    await apps.find(host);
    expect(network.asked.map(({ url }) => url.host)).toEqual([host, team, host, host, team]);
  });

  it('is taken when everything is right, asked for once an hour, its keys once a day', async () => {
    const network = edge(() => signer.sign(goodClaims(clock.now())));
    const apps = createAppInfo({ network, clock });
    const info = {
      hostname: host,
      authDomain: team,
      audience: 'the-audience',
      appHostname: '*.acme.example/path',
    };
    expect(await Promise.all([apps.find(host), apps.find(host)])).toEqual([info, info]);
    expect(network.asked.map(({ url }) => url.host)).toEqual([host, team]);
    expect(network.asked[0]?.headers).toMatchObject({ 'cf-access-metadata-request': 'true' });
    clock.skip(hour + 1_000);
    await apps.find(host);
    expect(network.asked.map(({ url }) => url.host)).toEqual([host, team, host]);
    clock.skip(24 * hour);
    await apps.find(host);
    expect(network.asked.slice(3).map(({ url }) => url.host)).toEqual([host, team]);
  });

  it('is verified with keys that are asked for once and parsed once for all applications of a team', async () => {
    const network = scriptedNetwork(async (url) => {
      if (url.pathname === '/cdn-cgi/access/certs')
        return { body: Buffer.from(JSON.stringify({ keys: [await signer.jwk()] })) };
      return {
        status: 302,
        headers: {
          'cf-access-metadata': await signer.sign({ ...goodClaims(clock.now()), hostname: url.hostname }),
        },
      };
    });
    const apps = createAppInfo({ network, clock });
    const hosts = Array.from({ length: 20 }, (_, index) => `cluster-${index}.acme.example`);
    await Promise.all(hosts.map((one) => apps.find(one)));
    expect(network.asked.filter(({ url }) => url.host === team)).toHaveLength(1);
    const imports = vi.spyOn(crypto.subtle, 'importKey');
    onTestFinished(() => imports.mockRestore());
    await apps.find('later.acme.example');
    expect(imports.mock.calls.filter(([, , , , uses]) => [...uses].includes('verify'))).toEqual([]);
  });

  it.each<[string, JWTPayload]>([
    ['another host', { hostname: 'other.acme.example' }],
    ['no host', { hostname: undefined }],
    ['another subject', { type: 'app' }],
    ['no audience', { aud: '' }],
    ['an age of more than a day', { iat: Math.floor(Date.now() / 1000) - 25 * 3600 }],
    ['no age', { iat: 0 }],
    ['a date in the future', { iat: Math.floor(Date.now() / 1000) + 600 }],
    ['an end in the past', { exp: Math.floor(Date.now() / 1000) - 10 }],
    ['a foreign login domain', { auth_domain: 'login.evil.example' }],
    ['a login domain that only looks right', { auth_domain: 'acme.cloudflareaccess.com.evil.example' }],
    ['a login domain in a path', { auth_domain: 'evil.example/acme.cloudflareaccess.com' }],
    ['no login domain', { auth_domain: 7 as never }],
  ])('is refused with %s', async (_, change) => {
    await expect(find(change)).rejects.toMatchObject({ code: 'access-app-info' });
  });

  it.each([-600, 600 + 24 * 3600])('names the clock where that is wrong by %i s', async (seconds) => {
    const iat = Math.floor(Date.now() / 1000) - seconds;
    await expect(find({ iat })).rejects.toMatchObject({
      message: expect.stringContaining(
        `it was issued at ${new Date(iat * 1000).toISOString()}, but the clock of this computer says 2`,
      ),
      hint: expect.stringMatching(/^Correct the clock\./),
    });
  });

  it('is refused with the signature of somebody else', async () => {
    await expect(find({}, () => stranger)).rejects.toMatchObject({ code: 'access-app-info' });
  });

  it.each([
    ['no JWT', async () => 'garbage'],
    [
      'a signature made with a shared secret',
      () =>
        new SignJWT(goodClaims(Date.now()))
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(Buffer.alloc(32, 'x')),
    ],
    [
      'no signature',
      async () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(goodClaims(Date.now()))).toString('base64url')}.`,
    ],
  ])('is refused with %s', async (_, jwt) => {
    await expect(createAppInfo({ network: edge(jwt), clock }).find(host)).rejects.toMatchObject({
      code: 'access-app-info',
    });
  });

  it('is refused with a signature by another algorithm of the same key, where the key names none', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one' };
    const signedBy = (alg: string) => () =>
      new SignJWT(goodClaims(clock.now())).setProtectedHeader({ alg, kid: 'one' }).sign(privateKey);
    const certs = () => ({ body: Buffer.from(JSON.stringify({ keys: [jwk] })) });
    const findBy = (alg: string) => createAppInfo({ network: edge(signedBy(alg), certs), clock }).find(host);
    await expect(findBy('RS256')).resolves.toMatchObject({ hostname: host });
    await expect(findBy('PS256')).rejects.toMatchObject({ code: 'access-app-info' });
  });

  it('ends by the clock of the agent', async () => {
    const exp = Math.floor(clock.now() / 1000) + 30;
    await expect(find({ exp })).resolves.toMatchObject({ hostname: host });
    const iat = Math.floor(clock.now() / 1000) + 60;
    clock.skip(60_000);
    await expect(find({ exp, iat })).rejects.toMatchObject({ code: 'access-app-info' });
  });

  it('is missing where no application is', async () => {
    const apps = createAppInfo({ network: edge(async () => undefined), clock });
    await expect(apps.find(host)).rejects.toMatchObject({
      code: 'access-no-application',
      hint: expect.stringContaining('the action Bypass for your network'),
      retryable: false,
    });
  });

  it.each([
    [429, {}, 'error code: 1015', 'HTTP 429'],
    [500, {}, 'error code: 500', 'HTTP 500'],
    [503, {}, '', 'HTTP 503'],
    [520, {}, '', 'HTTP 520'],
    [403, { 'cf-mitigated': 'challenge' }, '<title>Just a moment...</title>', 'bot protection'],
    [429, { 'cf-mitigated': 'challenge' }, '<title>Just a moment...</title>', 'bot protection'],
    [403, {}, 'error code: 1020', '(error 1020)'],
    [403, {}, '<span class="cf-error-code">1009</span>', '(error 1009)'],
    [403, {}, '<title>Attention Required! | Cloudflare</title>', 'blocks requests from this network'],
  ])(
    'is not said to be missing where Cloudflare answers %i %j in its place',
    async (status, headers, page, says) => {
      const network = scriptedNetwork(async (_, { method }) => ({
        status,
        headers,
        body: Buffer.from(method === 'HEAD' ? '' : page),
      }));
      await expect(createAppInfo({ network, clock }).find(host)).rejects.toMatchObject({
        code: 'edge-failed',
        message: expect.stringContaining(says),
        retryable: true,
      });
    },
  );

  it.each([403, 404, 530])('is missing where the host answers %i for itself', async (status) => {
    const network = scriptedNetwork(async () => ({ status, body: Buffer.from('Not here.') }));
    await expect(createAppInfo({ network, clock }).find(host)).rejects.toMatchObject({
      code: 'access-no-application',
      retryable: false,
    });
  });

  it.each([
    ['an error', { status: 503 }, true],
    ['the first error of a server', { status: 500 }, true],
    ['one of too many', { status: 429 }, true],
    ['refused', { status: 403 }, false],
    ['a page of something in between', { body: Buffer.from('<html>Welcome to the hotel</html>') }, false],
    ['no keys', { body: Buffer.from('{}') }, false],
  ])('cannot be checked where the keys are %s, and is asked for again', async (_, answer, retryable) => {
    const network = edge(
      () => signer.sign(goodClaims(clock.now())),
      () => answer,
    );
    const apps = createAppInfo({ network, clock });
    await expect(apps.find(host)).rejects.toMatchObject({ code: 'access-app-info', retryable });
    const asked = network.asked.length;
    await expect(apps.find(host)).rejects.toMatchObject({ code: 'access-app-info' });
    expect(network.asked.length).toBeGreaterThan(asked);
  });

  it('is taken with keys that were rotated, which are read once a minute at most', async () => {
    const rotated = await createSigner('two');
    let by = signer;
    const network = edge(() => by.sign(goodClaims(clock.now())));
    const apps = createAppInfo({ network, clock });
    await apps.find(host);
    by = rotated;
    clock.skip(hour + 1_000);
    published = [rotated, signer];
    expect(await apps.find(host)).toMatchObject({ audience: 'the-audience' });
    by = await createSigner('never published');
    clock.skip(hour + 1_000);
    await expect(apps.find(host)).rejects.toMatchObject({ code: 'access-app-info' });
    const asked = network.asked.length;
    await expect(apps.find(host)).rejects.toMatchObject({ code: 'access-app-info' });
    expect(network.asked.slice(asked).map(({ url }) => url.host)).toEqual([host]);
  });
});
