import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Puts the double of cloudflared into a folder, as a program that needs no PATH. Answers its path. */
export async function installCloudflared(
  folder: string,
  options: { readonly version?: string } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'cloudflared');
  const script = path.join(import.meta.dirname, 'cloudflared.ts');
  const version = options.version ?? '2026.8.2';
  await writeFile(
    file,
    `#!/bin/sh\nWORLD_VERSION=${version} exec "${process.execPath}" --no-warnings "${script}" "$@"\n`,
  );
  await chmod(file, 0o755);
  return file;
}
