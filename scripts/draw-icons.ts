import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { appIcon } from './icons/mark.ts';
import { icns, ico, paint, png } from './icons/picture.ts';

/**
 * Draws the app's icon: resources/icon.png for the app, and the packages' files. Run it after a change, because the
 * pictures are committed.
 */
const resources = path.resolve(import.meta.dirname, '..', 'resources');
const packaging = path.join(resources, 'packaging');
const pictures = [16, 32, 48, 64, 128, 256, 512, 1024].map((size) => ({
  size,
  data: png(paint(appIcon, size), size),
}));

await mkdir(path.join(packaging, 'icons'), { recursive: true });
for (const { size, data } of pictures) {
  await writeFile(path.join(packaging, 'icons', `${size}x${size}.png`), data);
  if (size === 512) await writeFile(path.join(resources, 'icon.png'), data);
}
await writeFile(path.join(packaging, 'icon.icns'), icns(pictures));
await writeFile(path.join(packaging, 'icon.ico'), ico(pictures.filter(({ size }) => size <= 256)));
