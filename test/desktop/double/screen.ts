import { app } from './app.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One screen, with a bar at its top. */
export const screen = {
  getDisplayMatching(_to: Rectangle): { readonly workArea: Rectangle } {
    if (!app.isReady()) throw new Error('The screen module cannot be used before the app is ready');
    return { workArea: { x: 0, y: 24, width: 1280, height: 776 } };
  },
};
