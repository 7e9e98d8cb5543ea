import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { resolveConfig } from 'electron-vite';
import { build, type InlineConfig, mergeConfig, type Plugin } from 'vite';
import { drawTray } from '../../scripts/icons/tray.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/** `node:x` is younger than Node 12, and so are the promises of `fs` as a module. */
const olderNode: Plugin = {
  name: 'older-node',
  enforce: 'pre',
  resolveId(id) {
    if (id === 'node:fs/promises') return '\0fs-promises';
    if (id === 'electron') return path.join(import.meta.dirname, 'shim.ts');
    if (id === 'electron-real') return { id: 'electron', external: true };
    return id.startsWith('node:') ? { id: id.slice('node:'.length), external: true } : null;
  },
  load: (id) =>
    id === '\0fs-promises'
      ? `import { constants, promises } from 'fs';
         export const { access, appendFile, chmod, copyFile, lstat, mkdir, mkdtemp, open, readdir, readFile, readlink,
           realpath, rename, rmdir, stat, unlink, utimes, writeFile } = promises;
         export const rm = promises.rmdir;
         export { constants };
         export default { ...promises, constants };`
      : null,
};

/** What the page calls and Chromium 83 does not have. */
const olderBrowser: Plugin = {
  name: 'older-browser',
  resolveId: (id) => (id === 'no-url' ? '\0no-url' : null),
  // Its own finds no host in an address of a scheme that it does not know: core-js gives one where there is none.
  load: (id) => (id === '\0no-url' ? 'delete globalThis.URL;' : null),
  transform: (code, id) =>
    id.endsWith('/renderer/main.tsx') ? `import 'no-url';\nimport 'core-js/stable';\n${code}` : null,
};

/**
 * Builds the app for Electron 9 (Node 12, Chromium 83) into a folder that it can be started with, with `lib` in it on
 * LD_LIBRARY_PATH: it knows libappindicator by the name that its fork, which has the same calls, has not.
 */
export async function bundleForElectron9(out: string, appIndicator: string): Promise<void> {
  await mkdir(path.join(out, 'lib'));
  await symlink(appIndicator, path.join(out, 'lib', 'libappindicator3.so.1'));
  const { config } = await resolveConfig({ root, logLevel: 'warn' }, 'build', 'production');
  const program = (options: {
    entry: string;
    to: string;
    target: string;
    plugins: Plugin[];
    external: string[];
  }): InlineConfig => ({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: options.plugins,
    ssr: { target: 'node', noExternal: true },
    build: {
      ssr: path.join(root, options.entry),
      target: options.target,
      minify: false,
      outDir: path.join(out, options.to),
      emptyOutDir: true,
      rolldownOptions: {
        external: options.external,
        output: { format: 'cjs', entryFileNames: 'index.cjs', codeSplitting: false },
      },
    },
  });
  await Promise.all([
    drawTray(path.join(out, 'tray')),
    build(
      program({
        entry: 'test/electron/main-client.ts',
        to: 'main',
        target: 'node12',
        plugins: [olderNode],
        external: [],
      }),
    ),
    build(
      program({
        entry: 'preload/index.ts',
        to: 'preload',
        target: 'chrome83',
        plugins: [],
        external: ['electron'],
      }),
    ),
    build(
      mergeConfig(config?.renderer ?? {}, {
        plugins: [olderBrowser],
        build: {
          outDir: path.join(out, 'renderer'),
          emptyOutDir: true,
          chunkSizeWarningLimit: 5_000,
          target: 'chrome83',
          cssTarget: 'chrome83',
        },
      }),
    ),
  ]);
  await writeFile(
    path.join(out, 'package.json'),
    JSON.stringify({ name: 'k8s-tunnels', main: 'main/index.cjs' }),
  );
}
