import path from 'node:path';
import { type BrowserWindow, type Rectangle, screen } from 'electron';
import { z } from 'zod';
import type { Logger } from '../agent/parts.ts';
import { jsonFile } from '../agent/storage/json-file.ts';
import { toPlainError } from '../model/app-error.ts';
import { isGraspable, placeBeside, usualSize } from './window-bounds.ts';

/** A window that is dragged changes its place with every frame. */
const settleMs = 500;

const pixels = z.number().int();
const boundsSchema = z.object({ x: pixels, y: pixels, width: pixels.positive(), height: pixels.positive() });

/** Where the window stands, kept over starts. All pixels are those of the screen, independent of its scale. */
export interface WindowPlace {
  /** Where to open: as it was left, if a screen still shows it; else beside the tray's icon, where that is known. */
  bounds(icon: Rectangle | undefined): Partial<Rectangle> & typeof usualSize;
  /** Keeps where the person leaves it from now on. */
  follow(window: BrowserWindow): void;
}

/** Only when the app is ready. */
export async function readWindowPlace(options: {
  readonly folder: string;
  readonly logger: Logger;
}): Promise<WindowPlace> {
  const { folder, logger } = options;
  const warn = (message: string, error: unknown) =>
    logger.warn(message, { reason: toPlainError(error).message });
  const file = jsonFile<Rectangle>({
    file: path.join(folder, 'window.json'),
    version: 1,
    schema: boundsSchema,
    onUnreadable: (name, reason) =>
      logger.warn('The place of the window is not known', { file: name, reason }),
  });
  let left = await file.read().catch((error: unknown) => {
    warn('The place of the window cannot be read', error);
    return undefined;
  });
  return {
    bounds(icon) {
      if (left !== undefined && isGraspable(left, screen.getDisplayMatching(left).workArea)) return left;
      // Linux does not tell where the icon is.
      if (icon === undefined || icon.width === 0) return usualSize;
      return { ...usualSize, ...placeBeside(icon, usualSize, screen.getDisplayMatching(icon).workArea) };
    },
    follow(window) {
      let timer: NodeJS.Timeout | undefined;
      const keep = () => {
        if (window.isDestroyed()) return;
        left = window.getNormalBounds();
        file.write(left).catch((error: unknown) => warn('The place of the window cannot be kept', error));
      };
      const soon = () => {
        clearTimeout(timer);
        timer = setTimeout(keep, settleMs);
      };
      window.on('move', soon);
      window.on('resize', soon);
    },
  };
}
