import { createHash, createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ReleaseFeed, startReleaseFeed } from '../world/releases/feed.ts';

let feed: ReleaseFeed;
beforeAll(async () => {
  feed = await startReleaseFeed();
});
afterAll(() => feed.close());
beforeEach(async () => {
  for (const channel of ['stable', 'beta'] as const) await feed.tamper(channel, () => []);
});

const release = { version: '1.4.0', rollout: 100, notes: '# 1.4.0', url: 'https://example.com/1.4.0' };
const query = 'current=1.3.0&platform=linux&arch=x64&bucket=42';
const get = (rest = `stable?${query}`, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  fetch(`${feed.url}/v1/releases/${rest}`, { headers, method });
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${feed.url}/v1/releases/stable`, {
    method: 'POST',
    headers: { authorization: `Bearer ${feed.secret}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
async function opened(answer: Response) {
  const { payload, signature, keyId } = (await answer.json()) as Record<string, string>;
  const bytes = Buffer.from(payload ?? '', 'base64');
  const raw = Buffer.from(feed.publicKey, 'base64');
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  expect(verify(null, bytes, key, Buffer.from(signature ?? '', 'base64'))).toBe(true);
  expect(keyId).toBe(createHash('sha256').update(raw).digest('hex').slice(0, 16));
  return JSON.parse(bytes.toString());
}
const versionFor = async (bucket: number) => {
  const answer = await get(`stable?bucket=${bucket}`);
  return answer.status === 204 ? undefined : (await opened(answer)).version;
};
/** The buckets that are offered a version. */
const bucketsWith = async (version: string) => {
  const buckets = Array.from({ length: 100 }, (_, bucket) => bucket);
  const offered = await Promise.all(buckets.map(versionFor));
  return buckets.filter((bucket) => offered[bucket] === version);
};

describe('publishing', () => {
  test('answers what it stored, and the feed gives it out signed', async () => {
    const answer = await post({ ...release, minimumVersion: '1.2.0' });
    expect(answer.status).toBe(200);
    const stored = (await answer.json()) as Record<string, unknown>;
    expect(stored).toMatchObject({ ...release, minimumVersion: '1.2.0', channel: 'stable' });
    expect(new Date(String(stored.publishedAt)).toISOString()).toBe(stored.publishedAt);
    const { keyId: _, etag, ...payload } = stored;
    const given = await get();
    expect(given.headers.get('etag')).toBe(etag);
    expect(await opened(given)).toEqual(payload);
    expect((await get(`beta?${query}`)).status).toBe(204);
  });

  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: 'Basic d3Jvbmc=' }],
  ])('needs the secret: %s is 401', async (_, headers) => {
    const answer = await post(release, { authorization: '', ...headers });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await get()).status).toBe(204);
  });

  test('takes no text but UTF-8', async () => {
    const answer = await fetch(`${feed.url}/v1/releases/stable`, {
      method: 'POST',
      headers: { authorization: `Bearer ${feed.secret}` },
      body: Buffer.from(JSON.stringify({ ...release, notes: 'fünf' }), 'latin1'),
    });
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'malformed', field: 'body' }]);
  });

  test.each<[string, unknown]>([
    ['body', 'no JSON'],
    ['body', '[]'],
    ['body', `{"notes": "${'x'.repeat(300_000)}"}`],
    ['version', { ...release, version: undefined }],
    ['version', { ...release, version: '1.4' }],
    ['version', { ...release, version: 'v1.4.0' }],
    ['version', { ...release, version: '01.4.0' }],
    ['minimumVersion', { ...release, minimumVersion: 'old' }],
    ['rollout', { ...release, rollout: 101 }],
    ['rollout', { ...release, rollout: -1 }],
    ['rollout', { ...release, rollout: 1.5 }],
    ['rollout', { ...release, rollout: '100' }],
    ['notes', { ...release, notes: 'ä'.repeat(32 * 1024 + 1) }],
    ['notes', { ...release, notes: 'a \u001b[31mred word' }],
    ['notes', { ...release, notes: undefined }],
    ['url', { ...release, url: 'http://example.com/' }],
    ['url', { ...release, url: 'javascript:alert(1)' }],
    ['url', { ...release, url: 'https://user:password@example.com/' }],
    ['replace', { ...release, replace: 'yes' }],
    ['extra', { ...release, extra: 1 }],
    ['__proto__', '{"version": "1.4.0", "rollout": 1, "notes": "", "url": "https://a.b/", "__proto__": {}}'],
  ])('names the field that is wrong: %s', async (field, body) => {
    const answer = await post(body);
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'malformed', field }]);
    expect((await get()).status).toBe(204);
  });

  test('takes notes of 64 KB, whatever JSON makes of them', async () => {
    expect((await post({ ...release, notes: '\n'.repeat(64 * 1024) })).status).toBe(200);
    const answer = await get();
    expect(Number(answer.headers.get('content-length') ?? (await answer.clone().text()).length)).toBeLessThan(
      256 * 1024,
    );
    expect((await opened(answer)).notes).toHaveLength(64 * 1024);
  });

  test('an older version is refused, unless it is to replace the newer one', async () => {
    await post(release);
    const older = { ...release, version: '1.4.0-rc.1' };
    const refused = await post(older);
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: 'older', field: 'version', newest: '1.4.0' },
    ]);
    expect(await versionFor(1)).toBe('1.4.0');
    expect((await post({ ...older, rollout: 10, replace: true })).status).toBe(200);
    expect(await bucketsWith('1.4.0-rc.1')).toHaveLength(10);
    expect(await bucketsWith('1.4.0')).toEqual([]);
  });

  test('the same version again changes it, and it stays as old as it is', async () => {
    const first = (await (await post({ ...release, rollout: 10 })).json()) as { publishedAt: string };
    const second = (await (await post(release)).json()) as { publishedAt: string };
    expect(second.publishedAt).toBe(first.publishedAt);
    expect(await versionFor(99)).toBe('1.4.0');
  });

  test('keeps five releases', async () => {
    for (const minor of [1, 2, 3, 4, 5, 6])
      await post({ ...release, version: `1.${minor}.0`, rollout: minor === 1 ? 100 : 1 });
    expect(await bucketsWith('1.1.0')).toEqual([]);
    expect(await bucketsWith('1.6.0')).toHaveLength(1);
    expect(await bucketsWith('1.2.0')).toHaveLength(1);
  });
});

describe('the feed', () => {
  test('gives a release to its share, and to the others the one before', async () => {
    await post({ ...release, version: '1.3.0' });
    await post({ ...release, rollout: 20 });
    const first = await bucketsWith('1.4.0');
    expect(first).toHaveLength(20);
    expect(await bucketsWith('1.3.0')).toHaveLength(80);
    await post({ ...release, rollout: 40 });
    const more = await bucketsWith('1.4.0');
    expect(more).toHaveLength(40);
    expect(first.every((bucket) => more.includes(bucket))).toBe(true);
    expect((await opened(await get('stable'))).version).toBe('1.3.0');
    await post({ ...release, rollout: 0 });
    expect(await bucketsWith('1.4.0')).toEqual([]);
  });

  test('draws each version: the same installations are not always the first', async () => {
    await post({ ...release, rollout: 20 });
    const first = await bucketsWith('1.4.0');
    await post({ ...release, version: '1.4.1', rollout: 20 });
    const second = await bucketsWith('1.4.1');
    expect(second).toHaveLength(20);
    expect(second).not.toEqual(first);
  });

  test.each(['-1', '100', '1.5', 'x', ''])('takes no bucket %j', async (bucket) => {
    const answer = await get(`stable?bucket=${bucket}`);
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'malformed', field: 'bucket' }]);
  });

  test('answers 304 to whoever has it, and no body to HEAD', async () => {
    await post(release);
    const first = await get();
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(first.headers.get('cache-control')).toBe('public, max-age=300');
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(undefined, { 'if-none-match': known });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await get(undefined, { 'if-none-match': '"other"' })).status).toBe(200);
    const head = await get(undefined, {}, 'HEAD');
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, '']);
    await post({ ...release, notes: 'Mended.' });
    expect((await get(undefined, { 'if-none-match': etag })).status).toBe(200);
  });

  test.each([
    ['nightly', 'unknown-channel'],
    ['stable/', 'not-found'],
    ['STABLE', 'unknown-channel'],
    ['constructor', 'unknown-channel'],
  ])('has no channel %s', async (channel, error) => {
    const answer = await get(channel);
    expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([
      404,
      'application/json; charset=utf-8',
      { error },
    ]);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('takes no %s', async (method) => {
    const answer = await get(undefined, { origin: 'https://attacker.example' }, method);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  test('tells no page of another origin anything', async () => {
    await post(release);
    for (const method of ['GET', 'OPTIONS'])
      expect(
        (await get(undefined, { origin: 'https://attacker.example' }, method)).headers.get(
          'access-control-allow-origin',
        ),
      ).toBeNull();
  });
});

test.each([{ PUBLISH_SECRET: '' }, { SIGNING_KEY: '' }, { SIGNING_KEY: 'bm8ga2V5' }])(
  'without its secrets nobody publishes: %j',
  async (bindings) => {
    const other = await startReleaseFeed(bindings);
    try {
      const secret = bindings.PUBLISH_SECRET ?? other.secret;
      const answer = await fetch(`${other.url}/v1/releases/stable`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}` },
        body: JSON.stringify(release),
      });
      expect([answer.status, await answer.json()]).toEqual([503, { error: 'not-configured' }]);
      expect((await fetch(`${other.url}/v1/releases/stable`)).status).toBe(204);
    } finally {
      await other.close();
    }
  },
);
