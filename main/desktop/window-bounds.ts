export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const defaultSize = { width: 440, height: 680 };
/** The part of a window that must be on a screen, so that it can be dragged. */
const graspable = { width: 100, height: 40 };
const gap = 8;

/** Returns whether enough of its top edge is on a screen to drag it. */
export function isGraspable(window: Bounds, area: Bounds): boolean {
  const width = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  return (
    width >= graspable.width && window.y >= area.y && window.y <= area.y + area.height - graspable.height
  );
}

/** Below an icon in the upper half of the screen, above one in the lower; centred to it, and whole on the screen. */
export function positionBeside(
  icon: Bounds,
  size: typeof defaultSize,
  area: Bounds,
): { readonly x: number; readonly y: number } {
  const within = (at: number, from: number, room: number) => Math.max(from, Math.min(at, from + room));
  const isAbove = icon.y + icon.height / 2 < area.y + area.height / 2;
  const y = isAbove ? icon.y + icon.height + gap : icon.y - size.height - gap;
  return {
    x: Math.round(within(icon.x + icon.width / 2 - size.width / 2, area.x, area.width - size.width)),
    y: Math.round(within(y, area.y, area.height - size.height)),
  };
}
