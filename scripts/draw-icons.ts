import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

/** Draws the mark, a tunnel's mouth with its way in, into resources/. Run it after a change: the pictures are committed. */

type Colour = readonly [red: number, green: number, blue: number];
/** What is at a point of the unit square, y downwards: a colour, or nothing. */
type Drawing = (x: number, y: number) => Colour | undefined;

const blue: Colour = [0x2f, 0x6f, 0xed];
const white: Colour = [0xff, 0xff, 0xff];
const night: Colour = [0x0f, 0x1f, 0x45];
const black: Colour = [0, 0, 0];

/** An arch on the ground: a half circle of this radius on straight legs. */
const inArch = (x: number, y: number, radius: number, ground: number): boolean => {
  const centre = 0.5;
  const spring = 0.5;
  if (y > ground || Math.abs(x - centre) > radius) return false;
  return y >= spring || Math.hypot(x - centre, y - spring) <= radius;
};

/** A way that narrows towards the middle of the mouth. */
const inWay = (x: number, y: number, ground: number): boolean => {
  const vanishing = 0.46;
  const half = ((y - vanishing) / (ground - vanishing)) * 0.13;
  return y > vanishing && y <= ground && Math.abs(x - 0.5) <= half;
};

const mark =
  (wall: Colour): Drawing =>
  (x, y) => {
    const isWall = inArch(x, y, 0.46, 0.94) && !inArch(x, y, 0.29, 0.94);
    return isWall || inWay(x, y, 0.94) ? wall : undefined;
  };

const appIcon: Drawing = (x, y) => {
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

/** RGBA, each pixel the mean of 8 by 8 points. */
function paint(drawing: Drawing, size: number): Buffer {
  const fine = 8;
  const pixels = Buffer.alloc(size * size * 4);
  for (let at = 0; at < size * size; at++) {
    const sum = [0, 0, 0];
    let hits = 0;
    for (let point = 0; point < fine * fine; point++) {
      const x = ((at % size) + ((point % fine) + 0.5) / fine) / size;
      const y = (Math.floor(at / size) + (Math.floor(point / fine) + 0.5) / fine) / size;
      const colour = drawing(x, y);
      if (colour === undefined) continue;
      hits += 1;
      colour.forEach((part, index) => {
        sum[index] = (sum[index] ?? 0) + part;
      });
    }
    const mean = sum.map((part) => (hits === 0 ? 0 : Math.round(part / hits)));
    pixels.set([...mean, Math.round((hits / fine ** 2) * 255)], at * 4);
  }
  return pixels;
}

/** A PNG of 8-bit RGBA. https://www.w3.org/TR/png/ */
function png(pixels: Buffer, size: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0]);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  const rows = Array.from({ length: size }, (_, row) =>
    Buffer.concat([Buffer.from([0]), pixels.subarray(row * size * 4, (row + 1) * size * 4)]),
  );
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const pictures: readonly (readonly [file: string, drawing: Drawing, size: number])[] = [
  ['icon.png', appIcon, 512],
  ['tray.png', mark(blue), 16],
  ['tray@2x.png', mark(blue), 32],
  // macOS takes the shape alone and colours it as its menu bar needs.
  ['trayTemplate.png', mark(black), 16],
  ['trayTemplate@2x.png', mark(black), 32],
];
const resources = path.resolve(import.meta.dirname, '..', 'resources');
await Promise.all(
  pictures.map(([file, drawing, size]) =>
    writeFile(path.join(resources, file), png(paint(drawing, size), size)),
  ),
);
