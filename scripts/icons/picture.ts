import { crc32, deflateSync } from 'node:zlib';

export type Colour = readonly [red: number, green: number, blue: number, alpha?: number];
/** Returns the colour at a point of the unit square (y downwards), or undefined. */
export type Drawing = (x: number, y: number) => Colour | undefined;

/** Renders RGBA. Each pixel is the mean of `fine` by `fine` points. */
export function paint(drawing: Drawing, size: number, fine = 8): Buffer {
  const pixels = Buffer.alloc(size * size * 4);
  for (let at = 0; at < size * size; at++) {
    const sum = [0, 0, 0];
    let hits = 0;
    for (let point = 0; point < fine * fine; point++) {
      const x = ((at % size) + ((point % fine) + 0.5) / fine) / size;
      const y = (Math.floor(at / size) + (Math.floor(point / fine) + 0.5) / fine) / size;
      const colour = drawing(x, y);
      if (colour === undefined) continue;
      const [red, green, blue, alpha = 1] = colour;
      hits += alpha;
      [red, green, blue].forEach((part, index) => {
        sum[index] = (sum[index] ?? 0) + part * alpha;
      });
    }
    const mean = sum.map((part) => (hits === 0 ? 0 : Math.round(part / hits)));
    pixels.set([...mean, Math.round((hits / fine ** 2) * 255)], at * 4);
  }
  return pixels;
}

/** Encodes a PNG of 8-bit RGBA. https://www.w3.org/TR/png/ */
export function png(pixels: Buffer, size: number): Buffer {
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

/**
 * Encodes Windows' icon file, with a PNG for each size.
 * https://learn.microsoft.com/previous-versions/ms997538(v=msdn.10)
 */
export function ico(pictures: readonly { readonly size: number; readonly data: Buffer }[]): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [at, { size, data }] of pictures.entries()) {
    const entry = 6 + 16 * at;
    // The format encodes 256 as 0.
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(data.length, entry + 8);
    head.writeUInt32LE(offset, entry + 12);
    offset += data.length;
  }
  return Buffer.concat([head, ...pictures.map(({ data }) => data)]);
}

/**
 * The names of a picture by its pixels in an ICNS file. The second is for half the points on a high-resolution screen.
 */
const icnsTypes: Readonly<Record<number, readonly string[]>> = {
  16: ['icp4'],
  32: ['icp5', 'ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
};

/** Encodes macOS' icon file, with PNG pictures of the sizes above. */
export function icns(pictures: readonly { readonly size: number; readonly data: Buffer }[]): Buffer {
  const block = (type: string, data: Buffer) => {
    const head = Buffer.from(`${type}0000`, 'latin1');
    head.writeUInt32BE(data.length + 8, 4);
    return Buffer.concat([head, data]);
  };
  const blocks = pictures.flatMap(({ size, data }) =>
    (icnsTypes[size] ?? []).map((type) => block(type, data)),
  );
  return block('icns', Buffer.concat(blocks));
}
