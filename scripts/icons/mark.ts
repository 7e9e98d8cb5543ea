import type { Colour, Drawing } from './picture.ts';

const blue: Colour = [0x2f, 0x6f, 0xed];
const white: Colour = [0xff, 0xff, 0xff];
const night: Colour = [0x0f, 0x1f, 0x45];

/** Returns true for a point in an arch on the ground: a half circle of this radius on straight legs. */
const inArch = (x: number, y: number, radius: number, ground: number): boolean => {
  const centre = 0.5;
  const spring = 0.5;
  if (y > ground || Math.abs(x - centre) > radius) return false;
  return y >= spring || Math.hypot(x - centre, y - spring) <= radius;
};

/** Returns true for a point on the road, which narrows towards the middle of the tunnel's mouth. */
const inWay = (x: number, y: number, ground: number): boolean => {
  const vanishing = 0.46;
  const half = ((y - vanishing) / (ground - vanishing)) * 0.13;
  return y > vanishing && y <= ground && Math.abs(x - 0.5) <= half;
};

/** The mouth in sixteenths: at 16 px, its legs are three whole pixels wide. */
const [outer, inner, floor] = [7 / 16, 4 / 16, 15 / 16];

/** Draws a tunnel's mouth. */
export const mouth =
  (wall: Colour): Drawing =>
  (x, y) =>
    inArch(x, y, outer, floor) && !inArch(x, y, inner, floor) ? wall : undefined;

/** Draws a tunnel's mouth with its road. */
export const mark =
  (wall: Colour): Drawing =>
  (x, y) =>
    inWay(x, y, floor) ? wall : mouth(wall)(x, y);

export const appIcon: Drawing = (x, y) => {
  const [radius, edge] = [0.22, 0.04];
  const outside = Math.hypot(
    Math.max(Math.abs(x - 0.5) - (0.5 - edge - radius), 0),
    Math.max(Math.abs(y - 0.5) - (0.5 - edge - radius), 0),
  );
  if (outside > radius) return undefined;
  const [u, v] = [0.5 + (x - 0.5) / 0.68, 0.5 + (y - 0.5) / 0.68];
  if (inArch(u, v, 0.29, 0.94)) return inWay(u, v, 0.94) ? white : night;
  return inArch(u, v, 0.46, 0.94) ? white : blue;
};
