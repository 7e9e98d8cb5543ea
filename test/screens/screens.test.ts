import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from '../renderer/open-window.ts';
import { pictureFile, takePictures, whyNotCompared } from './pictures.ts';
import { scenes } from './scenes.ts';

/** Pixels that may differ: the edge of a letter, never a letter. */
const tolerance = 30;

const reason = whyNotCompared();
let started: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  if (reason === undefined) started = await openBrowser();
});
afterAll(() => started?.close());

describe('each screen looks as in docs/screens', () => {
  for (const [name, scene] of Object.entries(scenes)) {
    test(name, async (context) => {
      if (reason !== undefined) return context.skip(reason);
      if (started === undefined) throw new Error('there is no Chromium');
      const pictures = await takePictures(started.browser, scene);
      for (const scheme of ['light', 'dark'] as const)
        await expectSame(pictures[scheme], pictureFile(name, scheme));
    });
  }

  test('and no picture there is of a screen that is gone', async () => {
    const wanted = Object.keys(scenes).flatMap((name) => [
      pictureFile(name, 'light'),
      pictureFile(name, 'dark'),
    ]);
    const folder = path.dirname(wanted[0] ?? '');
    const there = (await readdir(folder)).map((name) => path.join(folder, name));
    expect(there.sort()).toEqual(wanted.sort());
  });
});

async function expectSame(taken: Buffer, file: string): Promise<void> {
  const [is, was] = [PNG.sync.read(taken), PNG.sync.read(await readFile(file))];
  const difference = new PNG({ width: is.width, height: is.height });
  const sizes = [is, was].map(({ width, height }) => `${width} x ${height}`);
  expect(sizes[0]).toBe(sizes[1]);
  const differ = pixelmatch(is.data, was.data, difference.data, is.width, is.height, { threshold: 0.1 });
  if (differ <= tolerance) return;
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-screens-'));
  await writeFile(path.join(folder, 'is.png'), taken);
  await writeFile(path.join(folder, 'difference.png'), PNG.sync.write(difference));
  throw new Error(
    `${differ} pixels differ from ${file}: look at ${folder}. Where it is meant, run npm run screenshots.`,
  );
}
