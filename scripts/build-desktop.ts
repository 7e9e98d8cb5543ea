import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';

/** Builds the desktop app, by electron.vite.config.ts: its main process, the bridge, and the window. */
export async function buildDesktop(root: string, plugins: readonly Plugin[]): Promise<void> {
  const [{ resolveConfig }, { build }] = await Promise.all([import('electron-vite'), import('vite')]);
  const { config } = await resolveConfig({ root, logLevel: 'warn' }, 'build', 'production');
  const window = existsSync(path.join(root, 'renderer', 'main.tsx')) ? config?.renderer : undefined;
  await Promise.all(
    [config?.main, config?.preload, window].flatMap((part) =>
      part ? [build({ ...part, plugins: [...(part.plugins ?? []), ...plugins] })] : [],
    ),
  );
}
