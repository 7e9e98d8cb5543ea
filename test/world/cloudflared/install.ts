import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compileCache } from '../compile-cache.ts';

/** Puts the double of cloudflared into a folder, as a program that needs no PATH. Answers its path. */
export async function installCloudflared(
  folder: string,
  options: { readonly version?: string } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'cloudflared');
  const script = path.join(import.meta.dirname, 'cloudflared.ts');
  const version = options.version ?? '2026.8.2';
  const settings = Object.entries({ WORLD_VERSION: version, ...compileCache });
  const lines = [
    '#!/bin/sh',
    ...settings.map(([name, value]) => `export ${name}='${value}'`),
    `exec "${process.execPath}" --no-warnings "${script}" "$@"`,
    '',
  ];
  await writeFile(file, lines.join('\n'));
  await chmod(file, 0o755);
  return file;
}
