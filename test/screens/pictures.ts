import path from 'node:path';
import type { Browser } from 'playwright-core';
import { openWindow } from '../renderer/open-window.ts';
import { now } from './organisation.ts';
import type { Scene } from './scenes.ts';

const folder = path.resolve(import.meta.dirname, '..', '..', 'docs', 'screens');
const schemes = ['light', 'dark'] as const;

/** Pictures are compared where they were taken: other systems draw letters otherwise. Says why not, elsewhere. */
export function whyNotCompared(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the pictures are those of the packaged Chromium, which is for Linux on x64';
  if (process.env.K8S_TUNNELS_CHROMIUM !== undefined)
    return 'K8S_TUNNELS_CHROMIUM names another browser than the packaged one';
  return undefined;
}

export function pictureFile(name: string, scheme: (typeof schemes)[number]): string {
  return path.join(folder, `${name}-${scheme}.png`);
}

/** Both pictures of a scene, as PNG. Rejects with what went wrong in the page. */
export async function takePictures(
  browser: Browser,
  scene: Scene,
): Promise<Readonly<Record<(typeof schemes)[number], Buffer>>> {
  const { shown, wrong, close } = await openWindow(browser, {
    snapshot: scene.snapshot,
    size: scene.size,
    now,
  });
  const { page } = shown;
  try {
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await scene.arrange?.(shown);
    // Nothing is under the pointer.
    await page.mouse.move(0, 0);
    const take = async (colorScheme: (typeof schemes)[number]) => {
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
      return page.screenshot({ animations: 'disabled', caret: 'hide' });
    };
    const pictures = { light: await take('light'), dark: await take('dark') };
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    return pictures;
  } finally {
    await close();
  }
}
