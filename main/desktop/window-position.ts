import path from 'node:path';
import { type BrowserWindow, type Rectangle, screen } from 'electron';
import { z } from 'zod';
import type { Logger } from '../agent/parts.ts';
import { jsonFile } from '../agent/storage/json-file.ts';
import { toPlainError } from '../model/app-error.ts';
import { defaultSize, isGraspable, positionBeside } from './window-bounds.ts';

/** A dragged window moves with every frame. */
const settleMs = 500;

const pixels = z.number().int();
const boundsSchema = z.object({ x: pixels, y: pixels, width: pixels.positive(), height: pixels.positive() });

/** The window's position, saved between starts, in device-independent pixels. */
export interface WindowPosition {
  /** Returns where to open: the saved position if it is on a screen, otherwise beside the tray's icon, if known. */
  bounds(icon: Rectangle | undefined): Partial<Rectangle> & typeof defaultSize;
  /** Saves the window's position from now on. */
  follow(window: BrowserWindow): void;
}

/** Never rejects. What it resolves with works once the app is ready. */
export async function readWindowPosition(options: {
  readonly folder: string;
  readonly logger: Logger;
}): Promise<WindowPosition> {
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
      // Linux does not report the icon's position.
      if (icon === undefined || icon.width === 0) return defaultSize;
      return {
        ...defaultSize,
        ...positionBeside(icon, defaultSize, screen.getDisplayMatching(icon).workArea),
      };
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
