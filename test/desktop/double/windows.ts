import type { Rectangle } from './screen.ts';

/** What the app needs of its windows, apart so that no file imports in a circle. */
export interface OpenWindow {
  /** False when a listener kept it open. */
  close(): boolean;
  isVisible(): boolean;
  getNormalBounds(): Rectangle;
  drag(to: Rectangle): void;
  /** What it was made with. */
  readonly options: { readonly webPreferences: object };
  readonly webContents: { emit(event: string, ...args: readonly unknown[]): boolean };
}

export const windows = new Set<OpenWindow>();

/** True when none is left. */
export function closeAllWindows(): boolean {
  return [...windows].map((window) => window.close()).every(Boolean);
}
