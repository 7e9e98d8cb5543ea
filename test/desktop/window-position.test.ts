import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import { desktopFixture } from './desktop-fixture.ts';

const desktopOf = desktopFixture();
const patience = { timeout: 15_000, interval: 20 };

test('the window stands where the person left it, unless no screen shows that any more', async (context) => {
  const desktop = desktopOf.of(context);
  const file = path.join(pathsFrom(desktop.commandLine.env).state, 'window.json');
  const first = await desktop.start();
  await first.page();
  expect(await first.ask('windowBounds')).toMatchObject([{ width: 440, height: 680 }]);
  const left = { x: 700, y: 90, width: 500, height: 600 };
  await first.ask('dragWindow', left);
  await vi.waitFor(
    async () => expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, data: left }),
    patience,
  );
  await first.kill();

  const second = await desktop.start();
  await second.page();
  expect(await second.ask('windowBounds')).toEqual([left]);
  await second.kill();

  await writeFile(file, JSON.stringify({ version: 1, data: { ...left, x: 4000 } }));
  const third = await desktop.start();
  await third.page();
  expect(await third.ask('windowBounds')).toMatchObject([{ width: 440, height: 680 }]);
  await third.kill();

  await writeFile(file, '{"version": 1, "data": {"x": "left"}}');
  const fourth = await desktop.start();
  await fourth.page();
  expect(await fourth.ask('windowBounds')).toMatchObject([{ width: 440, height: 680 }]);
  expect(await readFile(`${file}.unreadable`, 'utf8')).toContain('"left"');
});
