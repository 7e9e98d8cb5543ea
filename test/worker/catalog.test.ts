import { createHash, createPublicKey, verify } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type CatalogAnswer,
  catalogAnswerSchema,
  type Envelope,
  manifestHeader,
} from '../../main/model/published-catalog.ts';
import { type AccessTeam, createAccessTeam } from '../world/catalog/access-team.ts';
import { keyOf, publisherOf, signCatalog } from '../world/catalog/catalog-signer.ts';
import { type CatalogWorker, startCatalogWorker } from '../world/catalog/catalog-worker.ts';

let team: AccessTeam;
let worker: CatalogWorker;
let revision = 0;

beforeAll(async () => {
  team = await createAccessTeam();
  worker = await startCatalogWorker(team);
});
afterAll(() => worker.close());
beforeEach(async () => {
  team.isUp = true;
  team.identities.clear();
  team.asked.splice(0);
  revision += 1;
  await publish({ payments: ['sre'], search: ['search', 'sre'], ledger: ['finance'], status: ['*'] });
});

const sign = (clusters: Readonly<Record<string, readonly string[]>>) =>
  signCatalog(clusters, { key: keyOf(worker), revision });
const publish = (clusters: Readonly<Record<string, readonly string[]>>) =>
  publisherOf(worker).publish(sign(clusters));
const get = (assertion?: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  fetch(`${worker.url}/v1/catalog`, {
    method,
    headers: { ...(assertion === undefined ? {} : { 'cf-access-jwt-assertion': assertion }), ...headers },
  });
const inGroups = (...groups: readonly unknown[]) => team.assertion({ custom: { groups } });

const opened = (envelope: Envelope): unknown => {
  const raw = Buffer.from(worker.publicKey, 'base64');
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  const bytes = Buffer.from(envelope.payload, 'base64');
  expect(verify(null, bytes, key, Buffer.from(envelope.signature, 'base64'))).toBe(true);
  expect(envelope.keyId).toBe(createHash('sha256').update(raw).digest('hex').slice(0, 16));
  return JSON.parse(bytes.toString());
};
const sha256 = (texts: readonly string[]) =>
  createHash('sha256').update(texts.join('\n')).digest('base64url');

/** Verifies an answer without any record that it does not hold. Returns the names of its clusters. */
const verified = (answer: CatalogAnswer): readonly string[] => {
  const { root } = opened(answer.manifest) as { readonly root: string };
  expect(sha256(answer.digests)).toBe(root);
  expect(answer.digests.toSorted()).toEqual(answer.digests);
  return answer.bundles
    .flatMap((bundle) => {
      expect(answer.digests).toContain(sha256(bundle.map(({ signature }) => signature)));
      return bundle.map(
        (one) => (opened(one) as { readonly cluster: { readonly name: string } }).cluster.name,
      );
    })
    .sort();
};
const clustersOf = async (answer: Response) => {
  expect(answer.status).toBe(200);
  return verified(catalogAnswerSchema.parse(await answer.json()));
};
const refusal = async (answer: Response) => [answer.status, await answer.json()];

describe('without a valid assertion of the team and the application', () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, () => Promise<string> | undefined]>([
    ['none', () => undefined],
    ['no token', async () => 'abc'],
    ['three parts without sense', async () => 'a.b.c'],
    ['another audience', () => team.assertion({ aud: ['f'.repeat(64)] })],
    ['no audience', () => team.assertion({ aud: undefined })],
    ['an empty list of audiences', () => team.assertion({ aud: [] })],
    ['another team', () => team.assertion({ iss: 'https://globex.cloudflareaccess.com' })],
    ['the team without https', () => team.assertion({ iss: team.name })],
    ['one that has ended', () => team.assertion({ exp: now() - 1 })],
    ['one without an end', () => team.assertion({ exp: undefined })],
    ['one whose time has not come', () => team.assertion({ nbf: now() + 600 })],
    ['a session token of the organisation', () => team.assertion({ type: 'org' })],
    ['one without a type', () => team.assertion({ type: undefined })],
    ['one of an unknown key', () => team.assertion({}, { header: { kid: 'unknown' } })],
    [
      'no signature at all',
      async () => {
        const [, payload] = (await team.assertion()).split('.');
        return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
      },
    ],
    [
      'an HMAC with the public key as its secret',
      async () => {
        const answer = await team.outbound(new URL(`https://${team.name}/cdn-cgi/access/certs`), new Map());
        const [{ kid, ...jwk }] = (JSON.parse(answer.body) as { keys: [{ kid: string }] }).keys;
        const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        return team.assertion({}, { header: { alg: 'HS256', kid }, key: Buffer.from(pem) });
      },
    ],
    [
      'a key in its own header',
      async () => {
        const other = await createAccessTeam();
        const answer = await other.outbound(new URL(`https://${other.name}/cdn-cgi/access/certs`), new Map());
        const [jwk] = (JSON.parse(answer.body) as { keys: [object] }).keys;
        return other.assertion({}, { header: { jwk } });
      },
    ],
    [
      'a changed payload',
      async () => {
        const [header, payload = '', signature] = (await inGroups('search')).split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
        const changed = { ...claims, custom: { groups: ['sre'] } };
        return `${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`;
      },
    ],
  ])('there is no answer: %s', async (_, assertion) => {
    expect(await refusal(await get(await assertion()))).toEqual([401, { error: 'unauthorized' }]);
  });

  test('a cookie, a bearer token and a service token itself are no assertion', async () => {
    const assertion = await inGroups('sre');
    for (const headers of [
      { cookie: `CF_Authorization=${assertion}` },
      { authorization: `Bearer ${assertion}` },
      { authorization: `Bearer ${worker.secret}` },
      { 'cf-access-client-id': 'ci.access', 'cf-access-client-secret': 'secret' },
    ])
      expect((await get(undefined, headers)).status).toBe(401);
  });

  test('an assertion for several applications is valid for one of them', async () => {
    const several = await team.assertion({ aud: ['f'.repeat(64), team.audience], custom: { groups: [] } });
    expect(await clustersOf(await get(several))).toEqual(['status']);
    const asText = await team.assertion({ aud: team.audience, custom: { groups: [] } });
    expect(await clustersOf(await get(asText))).toEqual(['status']);
  });

  test('an unknown key makes the keys be read again, but not with each request', async () => {
    await get(await inGroups('sre'));
    team.asked.splice(0);
    for (let turn = 0; turn < 5; turn += 1)
      expect((await get(await team.assertion({}, { header: { kid: `k${turn}` } }))).status).toBe(401);
    expect(team.asked.filter((path) => path.endsWith('/certs')).length).toBeLessThanOrEqual(1);
  });
});

describe('each identity gets its own clusters', () => {
  test('and verifies them without the records of others', async () => {
    const [sre, finance] = [await get(await inGroups('sre')), await get(await inGroups('Finance'))];
    expect(sre.headers.get('etag')).not.toBe(finance.headers.get('etag'));
    expect(await clustersOf(sre)).toEqual(['payments', 'search', 'status']);
    expect(await clustersOf(finance)).toEqual(['ledger', 'status']);
    expect(await clustersOf(await get(await inGroups()))).toEqual(['status']);
  });

  test('by the claim of the token, in each of its forms', async () => {
    for (const claims of [
      { groups: ['search'] },
      { custom: { groups: ['search'] } },
      { custom: JSON.stringify({ groups: ['search'] }) },
      { custom: { groups: [{ id: 'search', name: 'Search Team' }] } },
      { custom: { groups: [{ email: 'SEARCH', name: 'x' }] } },
      { custom: { groups: [{ name: 'search' }] } },
    ])
      expect(await clustersOf(await get(await team.assertion(claims)))).toEqual(['search', 'status']);
    expect(team.asked).not.toContain('/cdn-cgi/access/get-identity');
  });

  test('a group with the name of another one, but an id of its own, is not that group', async () => {
    expect(await clustersOf(await get(await inGroups({ id: '0d1e', name: 'sre' })))).toEqual(['status']);
  });

  test('by the identity where the token names no groups, asked once for each session', async () => {
    team.identities.set('u-1', { user_uuid: 'u-1', groups: [{ id: 'sre', name: 'SRE' }] });
    team.identities.set('u-2', { oidc_fields: { groups: ['finance'] } });
    const one = await team.assertion({ sub: 'u-1', identity_nonce: 'n1' });
    const two = await team.assertion({ sub: 'u-2', identity_nonce: 'n1' });
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await clustersOf(await get(one))).toEqual(['payments', 'search', 'status']);
      expect(await clustersOf(await get(two))).toEqual(['ledger', 'status']);
    }
    const asked = () => team.asked.filter((path) => path.endsWith('/get-identity')).length;
    expect(asked()).toBe(2);
    await get(await team.assertion({ sub: 'u-1', identity_nonce: 'n2' }));
    expect(asked()).toBe(3);
  });

  test('with an identity that has no groups, that is denied, or that is another user’s: what is for everybody', async () => {
    team.identities.set('u-3', { user_uuid: 'u-3', email: 'ada@acme.example' });
    team.identities.set('u-4', 403);
    team.identities.set('u-5', { user_uuid: 'u-1', groups: ['sre'] });
    for (const sub of ['u-3', 'u-4', 'u-5'])
      expect(await clustersOf(await get(await team.assertion({ sub, identity_nonce: 'a' })))).toEqual([
        'status',
      ]);
  });

  test('with an identity that cannot be read now: no answer, so that the app keeps what it has', async () => {
    team.identities.set('u-6', 500);
    const assertion = await team.assertion({ sub: 'u-6', identity_nonce: 'a' });
    const answer = await get(assertion);
    expect(await refusal(answer)).toEqual([503, { error: 'identity-unavailable' }]);
    team.identities.set('u-6', { groups: ['sre'] });
    expect(await clustersOf(await get(assertion))).toContain('payments');
  });

  test('a service token by its client id, and a group that is called so is none', async () => {
    await publisherOf(worker).publish(
      signCatalog(
        { ci: ['service:88bf.access'], status: ['*'] },
        { key: keyOf(worker), revision: ++revision },
      ),
    );
    const service = await team.assertion({ sub: '', email: undefined, common_name: '88bf.access' });
    expect(await clustersOf(await get(service))).toEqual(['ci', 'status']);
    const user = await team.assertion({
      common_name: '88bf.access',
      custom: { groups: ['service:88bf.access', '*'] },
    });
    expect(await clustersOf(await get(user))).toEqual(['status']);
    expect(team.asked).not.toContain('/cdn-cgi/access/get-identity');
  });
});

describe('a conditional request', () => {
  test('is answered 304 with the manifest while the caller’s clusters are the same', async () => {
    const [sre, finance] = [await inGroups('sre'), await inGroups('finance')];
    const [first, other] = [await get(sre), await get(finance)];
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[A-Za-z0-9_-]{43}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toContain('cf-access-jwt-assertion');
    for (const known of [etag, `W/${etag}`]) {
      const again = await get(sre, { 'if-none-match': known });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
      const header = again.headers.get(manifestHeader) ?? '';
      const manifest = JSON.parse(Buffer.from(header, 'base64url').toString()) as Envelope;
      expect(opened(manifest)).toMatchObject({ kind: 'manifest', revision });
      expect(first.headers.get(manifestHeader)).toBe(header);
    }
    // The tag of another identity is none of this one's.
    const foreign = await get(sre, { 'if-none-match': other.headers.get('etag') ?? '' });
    expect(await clustersOf(foreign)).toContain('payments');
    // The same clusters in a new publication: other signatures here, so another tag.
    revision += 1;
    await publish({ payments: ['sre'], status: ['*'] });
    expect(await clustersOf(await get(sre, { 'if-none-match': etag }))).toEqual(['payments', 'status']);
  });

  test('is answered with the new manifest where no record changed', async () => {
    const sre = await inGroups('sre');
    const { bundles } = sign({ payments: ['sre'] });
    const root = sha256(bundles.map(({ digest }) => digest));
    const publishAgain = async () => {
      revision += 1;
      const { manifest } = signCatalog({}, { key: keyOf(worker), revision, root });
      await publisherOf(worker).publish({ manifest, bundles });
    };
    await publishAgain();
    const etag = (await get(sre)).headers.get('etag') ?? '';
    await publishAgain();
    const again = await get(sre, { 'if-none-match': etag });
    const header = again.headers.get(manifestHeader) ?? '';
    expect(again.status).toBe(304);
    expect(opened(JSON.parse(Buffer.from(header, 'base64url').toString()))).toMatchObject({ revision });
  });

  test('needs an assertion too', async () => {
    const etag = (await get(await inGroups('sre'))).headers.get('etag') ?? '';
    for (const known of [etag, '*'])
      expect((await get(undefined, { 'if-none-match': known })).status).toBe(401);
  });

  test('HEAD has the headers alone, and other methods are refused', async () => {
    const head = await get(await inGroups('sre'), {}, 'HEAD');
    expect([head.status, await head.text(), head.headers.get('etag')?.length]).toEqual([200, '', 45]);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await get(await inGroups('sre'), { origin: 'https://attacker.example' }, method);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

test('a bundle that is gone from the store: no answer, not a part of one', async () => {
  revision += 1;
  const catalog = sign({ alone: ['sre'], status: ['*'] });
  await publisherOf(worker).publish(catalog);
  const store = await worker.store('CATALOG');
  await store.delete(`bundle/${catalog.bundles.find(({ audience }) => audience[0] === 'sre')?.digest}`);
  expect(await refusal(await get(await inGroups('sre')))).toEqual([503, { error: 'bundle-missing' }]);
  expect(await clustersOf(await get(await inGroups('finance')))).toEqual(['status']);
});

test('a token signed by a key that the team has replaced is valid as long as the team shows it', async () => {
  const own = await createAccessTeam('rotating.cloudflareaccess.com');
  const other = await startCatalogWorker(own);
  try {
    const ask = async (assertion: string) =>
      (await fetch(`${other.url}/v1/catalog`, { headers: { 'cf-access-jwt-assertion': assertion } })).status;
    const before = await own.assertion({ groups: [] });
    await own.rotate();
    expect([await ask(before), await ask(await own.assertion({ groups: [] }))]).toEqual([404, 404]);
    const stranger = new SignJWT({ type: 'app' }).setProtectedHeader({ alg: 'HS256' });
    expect(await ask(await stranger.sign(Buffer.alloc(32)))).toBe(401);
  } finally {
    await other.close();
  }
});

test('without its settings, or while the team does not answer, there is no catalog', async () => {
  const own = await createAccessTeam('down.cloudflareaccess.com');
  own.isUp = false;
  const cases: readonly [Readonly<Record<string, string>>, string][] = [
    [{ ACCESS_TEAM: '' }, 'not-configured'],
    [{ ACCESS_AUDIENCE: ' , ' }, 'not-configured'],
    [{ ACCESS_TEAM: 'attacker.example' }, 'not-configured'],
    [{ ACCESS_TEAM: 'cloudflareaccess.com.attacker.example' }, 'not-configured'],
    [{}, 'keys-unavailable'],
  ];
  for (const [bindings, error] of cases) {
    const other = await startCatalogWorker(own, bindings);
    try {
      const headers = { 'cf-access-jwt-assertion': await own.assertion() };
      const answer = await fetch(`${other.url}/v1/catalog`, { headers });
      expect([bindings, ...(await refusal(answer))]).toEqual([bindings, 503, { error }]);
    } finally {
      await other.close();
    }
  }
});
