/** What the app needs of its windows, apart so that no file imports in a circle. */
export interface OpenWindow {
  /** False when a listener kept it open. */
  close(): boolean;
  isVisible(): boolean;
}

export const windows = new Set<OpenWindow>();

/** True when none is left. */
export function closeAllWindows(): boolean {
  return [...windows].map((window) => window.close()).every(Boolean);
}
