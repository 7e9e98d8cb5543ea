import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** By which a program is known to have fuses; a count, and one character for each, `0` being off, come after it. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/** Any program of Windows that has a version: electron-builder brings this one along. */
const windowsProgram = path.resolve(
  import.meta.dirname,
  '../../node_modules/electron-winstaller/vendor/7z-x64.exe',
);

/** Electron's folder as electron-builder takes it, with a program that cannot run but has fuses, all off. */
export async function makeStubElectron(folder: string, platform: 'linux' | 'win32'): Promise<string> {
  await mkdir(path.join(folder, 'locales'), { recursive: true });
  await mkdir(path.join(folder, 'resources'));
  const fuses = Buffer.concat([Buffer.from(sentinel), Buffer.from([1, 8]), Buffer.from('00000000')]);
  const head = platform === 'linux' ? Buffer.from('#!/bin/sh\nexit 1\n') : await readFile(windowsProgram);
  const name = platform === 'linux' ? 'electron' : 'electron.exe';
  await writeFile(path.join(folder, name), Buffer.concat([head, fuses]), { mode: 0o755 });
  await writeFile(path.join(folder, 'chrome-sandbox'), 'stub', { mode: 0o755 });
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'version', 'resources.pak'])
    await writeFile(path.join(folder, name), 'stub');
  for (const language of ['de', 'en-US', 'fr'])
    await writeFile(path.join(folder, 'locales', `${language}.pak`), 'stub');
  return folder;
}
