import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mark, mouth } from './mark.ts';
import { type Colour, type Drawing, ico, paint, png } from './picture.ts';

/** The faces of the tray's icon. From ten tunnels on, `more`. */
const faces = ['idle', 'busy', 'attention', ...Array.from({ length: 9 }, (_, at) => `${at + 1}`), 'more'];

interface Palette {
  readonly mark: Colour;
  /** The colour without tunnels. */
  readonly idle: Colour;
  readonly connected: Colour;
  readonly busy: Colour;
  readonly attention: Colour;
  /** The colour of the dot for a current production cluster. */
  readonly production: Colour;
  /** The colour of the sign on a badge. Undefined: a hole. */
  readonly sign: Colour | undefined;
  readonly files: readonly ('png' | 'ico')[];
}

const [black, white]: [Colour, Colour] = [
  [0, 0, 0],
  [0xff, 0xff, 0xff],
];

/**
 * macOS uses only the shape and colours it for its menu bar. Windows reports whether its taskbar is dark. Linux does
 * not, and may combine a dark bar with light windows, so its pictures must be visible on both.
 */
const palettes: Readonly<Record<string, Palette>> = {
  Template: {
    mark: black,
    idle: [0, 0, 0, 0.6],
    connected: black,
    busy: black,
    attention: black,
    production: black,
    sign: undefined,
    files: ['png'],
  },
  '-on-dark': {
    mark: white,
    idle: [0xff, 0xff, 0xff, 0.6],
    connected: [0x4a, 0xde, 0x80],
    busy: [0x93, 0xc5, 0xfd],
    attention: [0xfb, 0xbf, 0x24],
    production: [0xff, 0x5c, 0x5c],
    sign: [0x0b, 0x17, 0x2e],
    files: ['ico'],
  },
  '-on-light': {
    mark: [0x1b, 0x2a, 0x4a],
    idle: [0x1b, 0x2a, 0x4a, 0.6],
    connected: [0x15, 0x80, 0x3d],
    busy: [0x1d, 0x4e, 0xd8],
    attention: [0xb4, 0x53, 0x09],
    production: [0xc2, 0x28, 0x2d],
    sign: white,
    files: ['ico'],
  },
  '': {
    mark: [0x3b, 0x82, 0xf6],
    idle: [0x3b, 0x82, 0xf6],
    connected: [0x15, 0x8f, 0x42],
    busy: [0x63, 0x66, 0xf1],
    attention: [0xc7, 0x62, 0x07],
    production: [0xe0, 0x2d, 0x33],
    sign: white,
    files: ['png'],
  },
};

/** Rows of three pixels, each a fifth of a sign's height. */
const signs: Readonly<Record<string, readonly string[]>> = {
  busy: ['   ', '   ', '# #', '   ', '   '],
  attention: [' # ', ' # ', ' # ', '   ', ' # '],
  1: [' # ', '## ', ' # ', ' # ', '###'],
  2: ['###', '  #', '###', '#  ', '###'],
  3: ['###', '  #', '###', '  #', '###'],
  4: ['# #', '# #', '###', '  #', '  #'],
  5: ['###', '#  ', '###', '  #', '###'],
  6: ['###', '#  ', '###', '# #', '###'],
  7: ['###', '  #', ' # ', ' # ', ' # '],
  8: ['###', '# #', '###', '# #', '###'],
  9: ['###', '# #', '###', '  #', '###'],
  more: ['   ', ' # ', '###', ' # ', '   '],
};

/** In sixteenths, so that a sign's parts are whole pixels at every size that is a multiple of 16. */
const unit = 1 / 16;
const badge = { x: 11 * unit, y: 11 * unit, radius: 5 * unit, gap: 1 * unit };
const dot = { x: 3 * unit, y: 3 * unit, radius: 3 * unit, gap: 1 * unit };

function isInSign(face: string, x: number, y: number): boolean {
  const [left, top] = [badge.x - 1.5 * unit, badge.y - 2.5 * unit];
  return signs[face]?.[Math.floor((y - top) / unit)]?.[Math.floor((x - left) / unit)] === '#';
}

/** Draws the mark, dimmed without tunnels, otherwise with a badge at its lower right. */
function faceOf(face: string, palette: Palette): Drawing {
  const whole = mouth(palette.mark);
  if (face === 'idle') return mark(palette.idle);
  return (x, y) => {
    const distance = Math.hypot(x - badge.x, y - badge.y);
    if (distance > badge.radius + badge.gap) return whole(x, y);
    if (distance > badge.radius) return undefined;
    if (isInSign(face, x, y)) return palette.sign;
    return face === 'attention' || face === 'busy' ? palette[face] : palette.connected;
  };
}

/** Draws the same with a dot at its upper left. The dot changes the shape too, because macOS ignores colours. */
function inProduction(drawing: Drawing, palette: Palette): Drawing {
  return (x, y) => {
    const distance = Math.hypot(x - dot.x, y - dot.y);
    if (distance > dot.radius + dot.gap) return drawing(x, y);
    return distance > dot.radius ? undefined : palette.production;
  };
}

/**
 * Draws the tray's pictures, each with `-production` too: `FACETemplate.png` for macOS, `FACE-on-dark.ico` and
 * `-on-light` for Windows, `FACE.png`.
 */
export async function drawTray(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const drawings = faces.flatMap((face) =>
    Object.entries(palettes).flatMap(([name, palette]) => {
      const drawing = faceOf(face, palette);
      return [
        { base: `${face}${name}`, palette, drawing },
        { base: `${face}-production${name}`, palette, drawing: inProduction(drawing, palette) },
      ];
    }),
  );
  const files = drawings.flatMap(({ base: file, palette, drawing }) => {
    const at = (size: number) => png(paint(drawing, size, 4), size);
    const base = path.join(folder, file);
    return palette.files.flatMap((kind): (readonly [string, Buffer])[] =>
      kind === 'png'
        ? [
            [`${base}.png`, at(16)],
            [`${base}@2x.png`, at(32)],
          ]
        : [[`${base}.ico`, ico([16, 32, 48].map((size) => ({ size, data: at(size) })))]],
    );
  });
  await Promise.all(files.map(([file, data]) => writeFile(file, data)));
}
