import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawn } from '../renderer/frames.ts';
import { openBrowser, type ShownWindow } from '../renderer/open-window.ts';
import { craftProblems } from './craft.ts';
import { pictureFile, takePictures, whyNotCompared, withScene } from './pictures.ts';
import { scenes } from './scenes.ts';

/** Pixels that may differ: the edge of a letter, never a letter. */
const tolerance = 30;

/** The part of a window of the default size that its page has when it is enlarged to 200 %. */
const enlarged = { width: 220, height: 340 };

/** How a window may look, narrow ones included. */
const widths = [440, 380, 320];
const looks = [
  { colorScheme: 'light', forcedColors: 'none' },
  { colorScheme: 'dark', forcedColors: 'none' },
  { colorScheme: 'dark', forcedColors: 'active' },
] as const;

const reason = whyNotCompared();
let started: Awaited<ReturnType<typeof openBrowser>>;
beforeAll(async () => {
  started = await openBrowser();
});
afterAll(() => started?.close());

describe('each screen looks as in docs/screens, nothing is beyond the edge at 200 %, all can be read and hit', () => {
  for (const [name, scene] of Object.entries(scenes)) {
    test(name, async (context) => {
      if (started === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
      await withScene(started.browser, scene, async (shown) => {
        if (reason === undefined) {
          await expectSame(name, shown);
        }
        await shown.page.setViewportSize(enlarged);
        await expectReachable(shown.page);
        await expectCraft(shown.page);
      });
      // Elsewhere the letters differ.
      if (reason !== undefined) context.skip(`not compared: ${reason}`);
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

/** No control is where nobody could reach it, once what is open has followed the new size. */
async function expectReachable(page: Page): Promise<void> {
  const beyond = () =>
    page.evaluate(() => {
      const controls = document.querySelectorAll(
        'button, a, input, select, [role="option"], [role^="menuitem"]',
      );
      return [...controls]
        .filter((control) => control.checkVisibility())
        .map((control) => ({ control, ...control.getBoundingClientRect().toJSON() }))
        .filter(({ left, right, width }) => width > 1 && (left < -1 || right > innerWidth + 1))
        .map(({ control }) => control.getAttribute('aria-label') ?? control.textContent);
    });
  await expect.poll(beyond).toEqual([]);
  const widest = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect.poll(widest).toBeLessThanOrEqual(enlarged.width);
}

/** Every text can be read and every control hit, whatever the width and the colours. */
async function expectCraft(page: Page): Promise<void> {
  for (const look of looks) {
    await page.emulateMedia({ reducedMotion: 'reduce', ...look });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 680 });
      const problems = async () => {
        const found = await craftProblems(page);
        // Until its next frame a page has some of the colours of before, and a busy machine may draw none: a picture does.
        if (found.length > 0) await page.screenshot();
        return found.join('\n');
      };
      await expect
        .poll(problems, { message: `${width} px, ${JSON.stringify(look)}`, interval: 50, timeout: 10_000 })
        .toBe('');
    }
  }
}

/** What is still to be drawn gets a few tries, as a person would look again. */
async function expectSame(name: string, shown: ShownWindow): Promise<void> {
  for (let tries = 1; ; tries++) {
    const pictures = await takePictures(shown);
    const problems: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      const problem = await difference(pictures[scheme], pictureFile(name, scheme));
      if (problem !== undefined) problems.push(problem);
    }
    if (problems.length === 0) return;
    if (tries === 5) throw new Error(problems.join('\n'));
    await drawn(shown.page, 10);
  }
}

/** How a picture differs from that of a file, in words. */
async function difference(taken: Buffer, file: string): Promise<string | undefined> {
  const [is, was] = [PNG.sync.read(taken), PNG.sync.read(await readFile(file))];
  const marked = new PNG({ width: is.width, height: is.height });
  const sizes = [is, was].map(({ width, height }) => `${width} x ${height}`);
  if (sizes[0] !== sizes[1]) return `${sizes[0]} pixels, and ${sizes[1]} in ${file}`;
  const differ = pixelmatch(is.data, was.data, marked.data, is.width, is.height, { threshold: 0.1 });
  if (differ <= tolerance) return undefined;
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-screens-'));
  await writeFile(path.join(folder, 'is.png'), taken);
  await writeFile(path.join(folder, 'difference.png'), PNG.sync.write(marked));
  return `${differ} pixels differ from ${file}: look at ${folder}. Where it is meant, run npm run screenshots.`;
}
