import { describe, expect, test } from 'vitest';
import { paintTray } from '../../scripts/icons/tray.ts';

type Picture = Parameters<typeof paintTray>[0];
type Colour = readonly [number, number, number];

const size = 16;
const counts = ['1', '2', '3', 'more'] as const;
const faces = ['busy', 'attention', ...counts] as const;
/** The bars that a palette's pictures are seen on. Linux does not report which one there is. */
const bars: Readonly<Record<Exclude<Picture['palette'], 'Template'>, readonly Colour[]>> = {
  '-on-dark': [
    [0x1c, 0x1c, 0x1c],
    [0, 0, 0],
  ],
  '-on-light': [
    [0xee, 0xee, 0xee],
    [255, 255, 255],
  ],
  '': [
    [0x1c, 0x1c, 0x1c],
    [255, 255, 255],
  ],
};
const palettes = Object.keys(bars) as (keyof typeof bars)[];

interface Pixel {
  readonly x: number;
  readonly y: number;
  readonly colour: Colour;
  readonly alpha: number;
}

function pixelsOf(picture: Picture): readonly Pixel[] {
  const bytes = paintTray(picture, size);
  return Array.from({ length: size * size }, (_, at) => {
    const [red = 0, green = 0, blue = 0, alpha = 0] = bytes.subarray(at * 4);
    return { x: at % size, y: Math.floor(at / size), colour: [red, green, blue], alpha };
  });
}

/** The inside of the badge, without its rounded edge. */
const inBadge = (picture: Picture) =>
  pixelsOf(picture).filter(({ x, y }) => x > 7 && y > 7 && x < 15 && y < 15);

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: Colour, other: Colour): number {
  const luminance = (colour: Colour) => {
    const [red = 0, green = 0, blue = 0] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe.each(palettes)('at 16 px, the pictures %j', (palette) => {
  test.each(faces)('have a sharp sign on the badge, with the contrast of text: %s', (face) => {
    const pixels = inBadge({ face, palette });
    expect(pixels.every(({ alpha }) => alpha === 255)).toBe(true);
    const colours = Map.groupBy(pixels, ({ colour }) => colour.join());
    expect(colours.size).toBe(2);
    const [one, other] = [...colours.values()].map(([first]) => first?.colour ?? [0, 0, 0]);
    expect(contrast(one as Colour, other as Colour)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['idle', ...faces] as const)('are seen on every bar: %s', (face) => {
    for (const isProduction of [false, true])
      for (const bar of bars[palette]) {
        const seen = pixelsOf({ face, isProduction, palette }).filter(
          ({ colour, alpha }) => alpha === 255 && contrast(colour, bar) >= 3,
        );
        expect(seen.length).toBeGreaterThanOrEqual(40);
      }
  });

  test('are grey without a tunnel, and have a red dot for production alone', () => {
    const red = (picture: Picture) =>
      pixelsOf(picture).filter(
        ({ colour: [r, g, b], alpha }) => alpha === 255 && r > 180 && g < 110 && b < 110,
      );
    for (const face of ['idle', ...faces] as const) {
      expect(red({ face, palette })).toEqual([]);
      const dot = red({ face, palette, isProduction: true });
      expect(dot.length).toBeGreaterThanOrEqual(20);
      for (const { colour } of dot)
        for (const bar of bars[palette]) expect(contrast(colour, bar)).toBeGreaterThanOrEqual(3);
    }
    for (const { colour, alpha } of pixelsOf({ face: 'idle', palette }))
      if (alpha > 0) expect(Math.max(...colour) - Math.min(...colour)).toBeLessThan(0x20);
  });
});

test('the numbers differ in more than a pixel or two, as shapes too', () => {
  for (const palette of ['Template', ...palettes] as const)
    for (const [at, one] of counts.entries())
      for (const other of counts.slice(at + 1)) {
        const [here, there] = [inBadge({ face: one, palette }), inBadge({ face: other, palette })];
        const differ = here.filter(
          ({ colour, alpha }, pixel) =>
            colour.join() !== there[pixel]?.colour.join() || alpha !== there[pixel]?.alpha,
        );
        expect(differ.length).toBeGreaterThanOrEqual(6);
      }
});
