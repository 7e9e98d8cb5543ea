import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import type { Environment } from '../../../main/agent/parts.ts';
import type { Feed } from '../../../main/agent/releases/feed.ts';
import { createReleases, type Releases } from '../../../main/agent/releases/releases.ts';
import type { ReleaseView } from '../../../main/model/release.ts';
import { skippingClock } from '../skipping-clock.ts';

const hour = 3_600_000;
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
const release = {
  channel: 'stable',
  version: '1.4.0',
  publishedAt: '2026-07-01T10:00:00.000Z',
  rollout: 100,
  notes: '# 1.4.0',
  url: 'https://example.com/1.4.0',
};
const told: ReleaseView = {
  version: '1.4.0',
  notes: '# 1.4.0',
  url: 'https://example.com/1.4.0',
  publishedAt: release.publishedAt,
  isRequired: false,
};

/** As the Worker signs. */
function signed(payload: unknown, key = privateKey, keyId?: string): string {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return JSON.stringify({
    payload: bytes.toString('base64'),
    signature: sign(null, bytes, key).toString('base64'),
    keyId: keyId ?? createHash('sha256').update(raw).digest('hex').slice(0, 16),
    extra: 'of a newer feed',
  });
}

const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 10_000, interval: 10 });

let folder: string;
let server: http.Server;
let handle: http.RequestListener;
let asked: { readonly target: string; readonly etag: string | undefined }[];
let feed: Feed | undefined;
let changes: (ReleaseView | undefined)[];
let warnings: string[];
let running: Releases[];
let clock: ReturnType<typeof skippingClock>;

const answers = (body: string, headers: http.OutgoingHttpHeaders = {}, status = 200) => {
  handle = (_, response) => response.writeHead(status, headers).end(body);
};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'releases-'));
  asked = [];
  changes = [];
  warnings = [];
  running = [];
  clock = skippingClock();
  server = http.createServer((request, response) => {
    asked.push({ target: request.url ?? '', etag: request.headers['if-none-match'] });
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  feed = { url: `http://127.0.0.1:${port}`, keys: [raw.toString('base64')], channel: 'stable' };
});
afterEach(async () => {
  for (const one of running) await one.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(options: { readonly version?: string; readonly env?: Environment } = {}) {
  const warn = (message: string, fields = {}) => void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const releases = await createReleases({
    env: options.env ?? {},
    folder,
    network: createNetwork({}),
    clock,
    logger: { debug() {}, info() {}, warn, error: warn },
    version: options.version ?? '1.3.0',
    feed: () => feed,
    onChange: (release) => changes.push(release),
  });
  running.push(releases);
  releases.follow();
  return releases;
}
/** What is kept on disk, once it is so. */
const kept = (fields: object) =>
  eventually(async () =>
    expect(JSON.parse(await readFile(path.join(folder, 'releases.json'), 'utf8')).data).toMatchObject(fields),
  );
const checks = (count: number) => eventually(() => expect(asked).toHaveLength(count));
const firstCheck = () => clock.skip(8 * 60_000);

describe('a feed', () => {
  test('is asked some minutes after the start, then once a day, with no more than it needs', async () => {
    answers(signed(release), { etag: '"1"' });
    const releases = await start();
    clock.skip(2 * 60_000);
    expect(asked).toEqual([]);
    firstCheck();
    await eventually(() => expect(changes).toEqual([told]));
    expect(releases.view()).toEqual(told);
    const { pathname, searchParams } = new URL(asked[0]?.target ?? '', 'http://feed');
    expect(pathname).toBe('/v1/releases/stable');
    expect(Object.fromEntries(searchParams)).toEqual({
      current: '1.3.0',
      platform: process.platform,
      arch: process.arch,
      bucket: expect.stringMatching(/^\d{1,2}$/),
    });
    const { mode } = await eventually(() => stat(path.join(folder, 'releases.json')));
    expect(mode & 0o777).toBe(0o600);
    answers('', {}, 304);
    await eventually(() => expect(clock.pending()).toBe(1));
    clock.skip(21 * hour);
    expect(asked).toHaveLength(1);
    clock.skip(5 * hour);
    await checks(2);
    expect(asked[1]).toEqual({ target: asked[0]?.target, etag: '"1"' });
    expect([releases.view(), warnings, changes.length]).toEqual([told, [], 1]);
  });

  test('is asked as often as the demo wants', async () => {
    answers(signed(release));
    await start({ env: { K8S_TUNNELS_RELEASES_EVERY_SECONDS: '0.05' } });
    await checks(3);
  });

  test.each(['0', '-1', 'soon', ''])('is asked once a day where the demo wants %j', async (seconds) => {
    await start({ env: { K8S_TUNNELS_RELEASES_EVERY_SECONDS: seconds } });
    clock.skip(2 * 60_000);
    expect(clock.pending()).toBe(1);
    expect(asked).toEqual([]);
  });

  test('that is none is not asked, and nothing is written', async () => {
    feed = undefined;
    const releases = await start();
    expect([clock.pending(), releases.view()]).toEqual([0, undefined]);
    await expect(stat(path.join(folder, 'releases.json'))).rejects.toThrow('ENOENT');
  });

  test('is remembered over a restart, and not asked again on the same day', async () => {
    answers(signed(release), { etag: '"1"' });
    const first = await start();
    firstCheck();
    await kept({ etag: '"1"', release: { version: '1.4.0' } });
    await first.close();
    expect((await start()).view()).toEqual(told);
    firstCheck();
    expect(asked).toHaveLength(1);
    // It was installed.
    expect((await start({ version: '1.4.0' })).view()).toBeUndefined();
    // Another key says nothing of what this one signed.
    feed = { url: feed?.url ?? '', keys: [], channel: 'stable' };
    expect((await start()).view()).toBeUndefined();
  });

  test('is asked at once where a clock that was wrong had put off the next time by weeks', async () => {
    answers(signed(release));
    clock.skip(30 * 24 * hour);
    const first = await start();
    firstCheck();
    await eventually(() => expect(changes).toEqual([told]));
    await first.close();
    clock.skip(-30 * 24 * hour);
    await start();
    await checks(2);
  });

  test('that another takes the place of is forgotten', async () => {
    answers(signed(release));
    const releases = await start();
    firstCheck();
    await eventually(() => expect(changes).toEqual([told]));
    feed = undefined;
    releases.follow();
    expect(changes).toEqual([told, undefined]);
    expect(releases.view()).toBeUndefined();
  });

  test('whose file was damaged is asked anew', async () => {
    await writeFile(path.join(folder, 'releases.json'), '{"version":1,"data":{"bucket":100}}');
    answers(signed(release));
    await start();
    expect(warnings).toEqual([expect.stringContaining('set aside')]);
    firstCheck();
    await eventually(() => expect(changes).toEqual([told]));
  });

  test('that cannot be reached is tried again within the hour', async () => {
    handle = (request) => request.socket.destroy();
    await start();
    firstCheck();
    await eventually(() => expect(warnings).toEqual([expect.stringContaining('network-unreachable')]));
    answers(signed(release));
    await eventually(() => expect(clock.pending()).toBe(1));
    clock.skip(hour);
    await eventually(() => expect(changes).toEqual([told]));
  });

  test('may redirect within its host', async () => {
    handle = ({ url = '' }, response) =>
      url.startsWith('/v1/')
        ? response.writeHead(302, { location: '/elsewhere' }).end()
        : response.end(signed(release));
    await start();
    firstCheck();
    await eventually(() => expect(changes).toEqual([told]));
  });
});

describe('a release', () => {
  test('is required where what runs is older than its minimum', async () => {
    answers(signed({ ...release, minimumVersion: '1.3.1' }));
    const releases = await start();
    firstCheck();
    await eventually(() => expect(releases.view()?.isRequired).toBe(true));
    await kept({ release: { minimumVersion: '1.3.1' } });
    expect((await start({ version: '1.3.1' })).view()?.isRequired).toBe(false);
  });

  test('that is withdrawn is told of no more', async () => {
    answers(signed(release), { etag: '"1"' });
    const releases = await start();
    firstCheck();
    await kept({ etag: '"1"' });
    answers('', {}, 204);
    await eventually(() => expect(clock.pending()).toBe(1));
    clock.skip(26 * hour);
    await eventually(() => expect(changes).toEqual([told, undefined]));
    expect(releases.view()).toBeUndefined();
  });

  test('that runs already is nothing to speak of', async () => {
    answers(signed({ ...release, version: '1.3.0+7' }));
    await start();
    firstCheck();
    await kept({ release: { version: '1.3.0+7' } });
    expect([changes, warnings]).toEqual([[], []]);
  });

  const other = generateKeyPairSync('ed25519').privateKey;
  const turned = signed(release).replace(/"signature":"(..)/, '"signature":"AA');
  test.each<[string, string, string]>([
    ['older than this one', signed({ ...release, version: '1.2.9' }), 'older version'],
    ['older by a pre-release', signed({ ...release, version: '1.3.0-rc.1' }), 'older version'],
    ['with a bad signature', turned, 'signature is not good'],
    ['signed by another key under this name', signed(release, other), 'signature is not good'],
    ['signed by another key', signed(release, other, '0123456789abcdef'), 'not pinned'],
    ['with no signature', '{"payload":"e30=","signature":"","keyId":""}', 'not pinned'],
    ['of another channel', signed({ ...release, channel: 'beta' }), 'channel beta'],
    ['that is no JSON', '<html>', 'not JSON'],
    ['whose payload is no JSON', signed('nothing'), 'not JSON'],
    ['without a payload', '{}', 'malformed: payload'],
    ['without a version', signed({ ...release, version: undefined }), 'malformed: version'],
    ['with a version that is none', signed({ ...release, version: '9' }), 'malformed: version'],
    ['with notes too long', signed({ ...release, notes: 'ä'.repeat(32_769) }), 'malformed: notes'],
    ['to be had in plain text', signed({ ...release, url: 'http://example.com' }), 'malformed: url'],
    ['to be had from a program', signed({ ...release, url: 'javascript:alert(1)' }), 'malformed: url'],
  ])('%s changes nothing, and is in the log', async (_, body, reason) => {
    answers(signed(release));
    const releases = await start();
    firstCheck();
    await kept({ release: { version: '1.4.0' } });
    const version = reason === 'older version' ? undefined : told;
    answers(body);
    await eventually(() => expect(clock.pending()).toBe(1));
    clock.skip(26 * hour);
    await eventually(() => expect(warnings).toEqual([expect.stringContaining(reason)]));
    await eventually(() => expect(clock.pending()).toBe(1));
    // What was known stays; an older one in its place means that it was withdrawn.
    expect(releases.view()).toEqual(version);
  });

  test('that is too long is not read to its end', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    handle = (_, response) => {
      response.once('close', closed.resolve);
      const more = () => {
        while (!response.destroyed && sent < 50_000_000) {
          sent += 65_536;
          if (!response.write('x'.repeat(65_536))) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    await start();
    firstCheck();
    await eventually(() => expect(warnings).toEqual([expect.stringContaining('larger than 256 KB')]));
    await closed.promise;
    expect(sent).toBeLessThan(50_000_000);
  });

  test('that another host is to give is not fetched', async () => {
    let others = 0;
    const elsewhere = http.createServer((_, response) => {
      others += 1;
      response.end(signed(release));
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    answers('', { location: `http://127.0.0.1:${port}/` }, 302);
    await start();
    firstCheck();
    await eventually(() => expect(warnings).toEqual([expect.stringContaining('a different host')]));
    expect([others, changes]).toEqual([0, []]);
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  test.each([
    ['in circles', { location: '/v1/releases/stable' }, 302, 'in circles'],
    ['not there', {}, 404, 'answered 404'],
    ['out of order', {}, 500, 'answered 500'],
    ['a 304 that nobody asked for', {}, 304, 'answered 304'],
  ])('%s is in the log', async (_, headers, status, reason) => {
    answers('', headers, status);
    await start();
    firstCheck();
    await eventually(() => expect(warnings).toEqual([expect.stringContaining(reason)]));
    expect(changes).toEqual([]);
  });

  test('is not asked for in plain text, but on this computer', async () => {
    feed = { url: 'http://releases.example', keys: feed?.keys ?? [], channel: 'stable' };
    await start();
    firstCheck();
    await eventually(() => expect(warnings).toEqual([expect.stringContaining('only be asked over https')]));
  });
});
