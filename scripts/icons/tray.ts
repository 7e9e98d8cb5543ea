import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mark, mouth } from './mark.ts';
import { type Colour, type Drawing, ico, paint, png } from './picture.ts';

/** The faces of the tray's icon. From four tunnels on, `more`. */
const faces = ['idle', 'busy', 'attention', '1', '2', '3', 'more'] as const;
type Face = (typeof faces)[number];

interface Palette {
  readonly mark: Colour;
  /** The grey without tunnels. */
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
 * macOS uses only the shape of a template and colours it for its menu bar. Windows reports whether its taskbar is dark.
 * Linux does not, and may combine a dark bar with light windows, so its pictures must be visible on both; macOS uses
 * those with the red dot of production.
 */
const palettes = {
  Template: {
    mark: black,
    idle: [0, 0, 0, 0.5],
    connected: black,
    busy: black,
    attention: black,
    production: black,
    sign: undefined,
    files: ['png'],
  },
  '-on-dark': {
    mark: white,
    idle: [0x9a, 0xa3, 0xb0],
    connected: [0x4a, 0xde, 0x80],
    busy: [0x93, 0xc5, 0xfd],
    attention: [0xfb, 0xbf, 0x24],
    production: [0xff, 0x5c, 0x5c],
    sign: [0x0b, 0x17, 0x2e],
    files: ['ico'],
  },
  '-on-light': {
    mark: [0x1b, 0x2a, 0x4a],
    idle: [0x6b, 0x74, 0x82],
    connected: [0x15, 0x80, 0x3d],
    busy: [0x1d, 0x4e, 0xd8],
    attention: [0xb4, 0x53, 0x09],
    production: [0xc2, 0x28, 0x2d],
    sign: white,
    files: ['ico'],
  },
  '': {
    mark: [0x3b, 0x82, 0xf6],
    idle: [0x80, 0x87, 0x92],
    connected: [0x15, 0x80, 0x3d],
    busy: [0x5b, 0x5e, 0xf0],
    attention: [0xb4, 0x53, 0x09],
    production: [0xe0, 0x2d, 0x33],
    sign: white,
    files: ['png'],
  },
} as const satisfies Readonly<Record<string, Palette>>;

/** Rows of five pixels. At 16 px each is one pixel of the screen. */
const signs: Readonly<Record<Exclude<Face, 'idle'>, readonly string[]>> = {
  busy: ['     ', '     ', '     ', '# # #', '     ', '     ', '     '],
  attention: ['  #  ', '  #  ', '  #  ', '  #  ', '     ', '  #  ', '     '],
  1: ['  #  ', ' ##  ', '# #  ', '  #  ', '  #  ', '  #  ', '#####'],
  2: [' ### ', '#   #', '    #', '   # ', '  #  ', ' #   ', '#####'],
  3: ['#####', '   # ', '  #  ', '   # ', '    #', '#   #', ' ### '],
  more: ['     ', '  #  ', '  #  ', '#####', '  #  ', '  #  ', '     '],
};

/** In sixteenths, so that every edge is a whole pixel at each size that is a multiple of 16. */
const unit = 1 / 16;
const badge = { left: 7, top: 7, right: 16, bottom: 16 };
const signAt = { x: 9, y: 8 };
const dot = { left: 10, top: 0, right: 16, bottom: 6 };

/** Returns true for a point in a square without the pixels at its corners, or at most `gap` pixels around it. */
function isInSquare({ left, top, right, bottom }: typeof badge, x: number, y: number, gap = 0): boolean {
  const [column, row] = [Math.floor(x / unit), Math.floor(y / unit)];
  const isWithin = (at: number, from: number, to: number) => at >= from - gap && at < to + gap;
  const isEdge = (at: number, from: number, to: number) => at === from - gap || at === to + gap - 1;
  if (!isWithin(column, left, right) || !isWithin(row, top, bottom)) return false;
  return !(isEdge(column, left, right) && isEdge(row, top, bottom));
}

function isInSign(face: Exclude<Face, 'idle'>, x: number, y: number): boolean {
  return signs[face][Math.floor(y / unit) - signAt.y]?.[Math.floor(x / unit) - signAt.x] === '#';
}

/** Draws the mark, grey without tunnels, otherwise with a badge at its lower right. */
function faceOf(face: Face, palette: Palette): Drawing {
  if (face === 'idle') return mark(palette.idle);
  const whole = mouth(palette.mark);
  return (x, y) => {
    if (!isInSquare(badge, x, y, 1)) return whole(x, y);
    if (!isInSquare(badge, x, y)) return undefined;
    if (isInSign(face, x, y)) return palette.sign;
    return face === 'attention' || face === 'busy' ? palette[face] : palette.connected;
  };
}

/** Draws the same with a dot at its upper right, which changes the shape too. */
function inProduction(drawing: Drawing, palette: Palette): Drawing {
  return (x, y) => {
    if (isInSquare(dot, x, y)) return palette.production;
    return isInSquare(dot, x, y, 1) ? undefined : drawing(x, y);
  };
}

/** Returns a picture's pixels (RGBA), with or without the dot of production. */
export function paintTray({ face, isProduction = false, palette }: TrayPicture, size: number): Buffer {
  const colours = palettes[palette];
  const drawing = faceOf(face, colours);
  return paint(isProduction ? inProduction(drawing, colours) : drawing, size, 4);
}

interface TrayPicture {
  readonly face: Face;
  readonly isProduction?: boolean;
  readonly palette: keyof typeof palettes;
}

/**
 * Draws the tray's pictures, each but the templates with `-production` too: `FACETemplate.png` for macOS,
 * `FACE-on-dark.ico` and `-on-light` for Windows, `FACE.png`.
 */
export async function drawTray(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = faces.flatMap((face) =>
    (Object.keys(palettes) as (keyof typeof palettes)[]).flatMap((palette) =>
      (palette === 'Template' ? [false] : [false, true]).flatMap((isProduction) => {
        const at = (size: number) => png(paintTray({ face, isProduction, palette }, size), size);
        const base = path.join(folder, `${face}${isProduction ? '-production' : ''}${palette}`);
        return palettes[palette].files.flatMap((kind): (readonly [string, Buffer])[] =>
          kind === 'png'
            ? [
                [`${base}.png`, at(16)],
                [`${base}@2x.png`, at(32)],
              ]
            : [[`${base}.ico`, ico([16, 32, 48].map((size) => ({ size, data: at(size) })))]],
        );
      }),
    ),
  );
  await Promise.all(files.map(([file, data]) => writeFile(file, data)));
}
