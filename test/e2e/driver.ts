import type { Page } from 'playwright-core';
import type { ItemView } from '../desktop/double/control.ts';

/** A person before the desktop app, whichever Electron runs it. */
export interface Driver {
  /** The window's page. */
  page(): Promise<Page>;
  menu(): Promise<readonly ItemView[]>;
  /** Clicks an item of the tray's menu: a path of labels, each given by its beginning. */
  click(...path: readonly string[]): Promise<void>;
  clickTray(): Promise<void>;
  /** As with the window's cross. */
  closeWindow(): Promise<void>;
  isWindowVisible(): Promise<boolean>;
  /** Resolves when the app has ended by itself. */
  readonly ended: Promise<void>;
  /** Ends it at once, with what it left. */
  kill(): Promise<void>;
}
