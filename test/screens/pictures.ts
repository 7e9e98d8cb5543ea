import path from 'node:path';
import type { Browser } from 'playwright-core';
import { drawn } from '../renderer/frames.ts';
import { openWindow, type ShownWindow } from '../renderer/open-window.ts';
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

type Pictures = Readonly<Record<(typeof schemes)[number], Buffer>>;

/** Opens a scene's window for `use`. Rejects as `use` does, or with the errors in the page. */
export async function withScene<T>(
  browser: Browser,
  scene: Scene,
  use: (shown: ShownWindow) => Promise<T>,
): Promise<T> {
  const { shown, wrong, close } = await openWindow(browser, {
    snapshot: scene.snapshot,
    size: scene.size,
    now,
  });
  const { page } = shown;
  try {
    const { forcedColors = 'none' } = scene;
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light', forcedColors });
    await scene.arrange?.(shown);
    // Nothing is under the pointer.
    await page.mouse.move(0, 0);
    // The window gives the focus that nothing has to a field two frames later: on a busy machine, after the scene.
    await drawn(page, 3);
    const used = await use(shown);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    return used;
  } finally {
    await close();
  }
}

/** Returns both pictures of the window as it is, as PNG. */
export async function takePictures({ page }: ShownWindow): Promise<Pictures> {
  const take = async (colorScheme: (typeof schemes)[number]) => {
    await page.emulateMedia({ colorScheme });
    return page.screenshot({ animations: 'disabled', caret: 'hide' });
  };
  return { light: await take('light'), dark: await take('dark') };
}
