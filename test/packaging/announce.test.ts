import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleaseFeed, startReleaseFeed } from '../world/releases/feed.ts';
import { root } from './pack.ts';

let feed: ReleaseFeed;
let folder: string;

beforeAll(async () => {
  feed = await startReleaseFeed();
  folder = await mkdtemp(path.join(tmpdir(), 'announce-'));
  await writeFile(path.join(folder, 'notes.md'), '# New\n\n- "quoted" & more\n');
});
afterAll(async () => {
  await feed.close();
  await rm(folder, { recursive: true });
});

const announce = (version: string, env: Readonly<Record<string, string>> = {}, ...more: readonly string[]) =>
  execa(
    process.execPath,
    [
      path.join(root, 'scripts/announce.ts'),
      ...['--version', version, '--url', `https://example.com/${version}`],
      ...['--notes', path.join(folder, 'notes.md'), ...more],
    ],
    { env: { RELEASES_URL: feed.url, PUBLISH_SECRET: feed.secret, ...env }, reject: false },
  );

test('a release is told to the feed, one that is not final on the channel for those', async () => {
  const { exitCode, stdout } = await announce('1.4.0', {}, '--rollout', '20');
  expect([exitCode, JSON.parse(stdout)]).toMatchObject([
    0,
    { channel: 'stable', version: '1.4.0', rollout: 20, notes: '# New\n\n- "quoted" & more\n' },
  ]);
  expect(JSON.parse((await announce('1.5.0-rc.1')).stdout)).toMatchObject({ channel: 'beta', rollout: 100 });
});

test('what the feed refuses is told, without its secret', async () => {
  const { exitCode, stderr } = await announce('one');
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^The feed answered 400: .*version/)]);
  const wrong = await announce('1.6.0', { PUBLISH_SECRET: 'not-the-one' });
  expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringMatching(/^The feed answered 401/)]);
  expect(wrong.all ?? wrong.stderr + wrong.stdout).not.toContain('not-the-one');
  expect((await announce('1.6.0', { PUBLISH_SECRET: '' })).stderr).toBe(
    'RELEASES_URL and PUBLISH_SECRET are wanted.',
  );
});
