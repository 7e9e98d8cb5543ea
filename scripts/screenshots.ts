import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openBrowser } from '../test/renderer/open-window.ts';
import { pictureFile, takePictures, whyNotCompared, withScene } from '../test/screens/pictures.ts';
import { scenes } from '../test/screens/scenes.ts';

/** `npm run screenshots [NAME …]`: captures docs/screens again, each screen and state in light and dark. */

const reason = whyNotCompared();
if (reason !== undefined) throw new Error(`The pictures cannot be taken here: ${reason}.`);
const names = process.argv.slice(2);
const folder = path.dirname(pictureFile('list', 'light'));
if (names.length === 0) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const started = await openBrowser();
if (started === undefined) throw new Error('There is no Chromium.');
try {
  for (const [name, scene] of Object.entries(scenes)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const { light, dark } = await withScene(started.browser, scene, takePictures);
    await writeFile(pictureFile(name, 'light'), light);
    await writeFile(pictureFile(name, 'dark'), dark);
    console.log(name);
  }
} finally {
  await started.close();
}
