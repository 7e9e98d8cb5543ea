import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Has electron-builder make a deb by `fpm.ts` in place of the program that it would fetch. */
export async function installOwnFpm(folder: string): Promise<void> {
  const file = path.join(folder, 'fpm');
  const script = path.join(import.meta.dirname, 'fpm.ts');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
  process.env.CUSTOM_FPM_PATH = file;
}
