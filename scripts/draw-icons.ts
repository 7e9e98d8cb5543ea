import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { appIcon } from './icons/mark.ts';
import { paint, png } from './icons/picture.ts';

/** Draws the app's icon into resources/. Run it after a change: the picture is committed. */
const size = 512;
await writeFile(
  path.resolve(import.meta.dirname, '..', 'resources', 'icon.png'),
  png(paint(appIcon, size), size),
);
