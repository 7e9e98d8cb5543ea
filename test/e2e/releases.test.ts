import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { desktopFixture } from '../desktop/desktop-fixture.ts';

const desktop = desktopFixture({ world: { releases: true } });
const patience = { timeout: 20_000, interval: 50 };
const release = {
  version: '1.4.0',
  rollout: 100,
  notes: '# What changed\n\n- Releases are told of.',
  url: 'https://example.com/1.4.0',
};

test('a release that is published is told of, and the notification leads to its notes', async (context) => {
  const { world, commandLine, start } = desktop.of(context);
  const feed = world.releases;
  if (feed === undefined) throw new Error('the world has no feed');
  const app = await start();
  const page = await app.page();
  await page.getByRole('button', { name: 'Settings' }).waitFor();
  await app.closeWindow();
  expect((await feed.publish('beta', { ...release, version: '2.0.0' })).status).toBe(200);
  expect((await feed.publish('stable', release)).status).toBe(200);
  await vi.waitFor(
    async () =>
      expect(await app.ask('notifications')).toMatchObject([
        { title: 'k8s-tunnels 1.4.0 is out', body: 'See what’s new.' },
      ]),
    patience,
  );
  const status = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect(status.release).toMatchObject({ version: '1.4.0', url: release.url, isRequired: false });
  await app.ask('clickNotification');
  expect(await app.isWindowVisible()).toBe(true);
  await page.getByRole('dialog').getByRole('heading', { name: 'What changed' }).waitFor();
  await page.getByRole('dialog').getByRole('link', { name: 'Download' }).click();
  await vi.waitFor(async () => expect(await app.ask('opened')).toEqual([release.url]), patience);

  // While the window is in front it tells of the next one itself.
  await feed.publish('stable', { ...release, version: '1.5.0', minimumVersion: '1.0.0' });
  await page.keyboard.press('Escape');
  await page.locator('.notice-opener').filter({ hasText: 'k8s-tunnels 1.5.0 is out' }).click();
  await page.getByText('Your version is no longer supported.').waitFor();
  expect(await app.ask('notifications')).toHaveLength(1);
});

test('what is not good is refused, said in the log, and harms nothing', async (context) => {
  const { world, commandLine, start } = desktop.of(context);
  const feed = world.releases;
  if (feed === undefined) throw new Error('the world has no feed');
  const app = await start();
  await (await app.page()).getByRole('button', { name: 'Settings' }).waitFor();
  await app.closeWindow();
  const log = path.join(pathsFrom(commandLine.env).state, 'agent.log');
  const says = (words: string) =>
    vi.waitFor(async () => expect(await readFile(log, 'utf8')).toContain(words), patience);

  await feed.publish('stable', { ...release, version: '0.0.9' });
  await says('The release feed offers an older version than this one');

  await feed.tamper('stable', (releases) =>
    releases.map((one) => {
      const payload = Buffer.from(one.envelope.payload, 'base64').toString().replace('0.0.9', '6.6.6');
      const envelope = { ...one.envelope, payload: Buffer.from(payload).toString('base64') };
      return { ...one, etag: '"tampered"', envelope };
    }),
  );
  await says("The release's signature is not good.");

  await feed.tamper('stable', (releases) =>
    releases.map((one) => {
      const payload = Buffer.from(JSON.stringify({ ...release, notes: 'x'.repeat(5_000_000) }));
      const envelope = { ...one.envelope, payload: payload.toString('base64') };
      return { ...one, etag: '"long"', envelope };
    }),
  );
  await says('sent an answer larger than 256 KB.');

  const status = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect([status.release, await app.ask('notifications')]).toEqual([undefined, []]);
  await feed.publish('stable', { ...release, version: '1.4.1' });
  await vi.waitFor(async () => expect(await app.ask('notifications')).toHaveLength(1), patience);
});

test('the feed that the organisation names counts from then on', async (context) => {
  const { world, commandLine, start } = desktop.of(context);
  const managed = world.env.K8S_TUNNELS_MANAGED_CONFIG ?? '';
  const named = await readFile(managed, 'utf8');
  await world.releases?.publish('stable', release);
  await world.releases?.publish('beta', { ...release, version: '2.0.0-beta.1' });
  const app = await start();
  // A command that comes before the app's agent starts one of its own, which ends when the app takes over.
  await (await app.page()).getByRole('button', { name: 'Settings' }).waitFor();
  const shows = (version: string | undefined) =>
    vi.waitFor(async () => {
      const { release: shown } = await commandLine.snapshot();
      expect(shown?.version).toBe(version);
    }, patience);
  const organisation = async (text: string) => {
    await writeFile(managed, text);
    await commandLine.tunnels('setup', '--refresh');
  };
  await shows('1.4.0');
  await organisation('version: 1\nname: Acme\n');
  await shows(undefined);
  await organisation(`${named}  channel: beta\n`);
  await shows('2.0.0-beta.1');
});
