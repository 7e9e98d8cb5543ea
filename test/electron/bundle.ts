import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { resolveConfig } from 'electron-vite';
import { build, type InlineConfig, mergeConfig, type Plugin } from 'vite';
import { asciiOnly, compactOutput } from '../../scripts/compact.ts';
import { drawTray } from '../../scripts/icons/tray.ts';
import { leaveOut } from '../../scripts/left-out.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const manifestFile = path.join(root, 'package.json');

/**
 * Gives the page what it calls and Chromium 114 does not have: `Map.groupBy` and `Promise.withResolvers` (117), methods
 * of `Set` (122), and a `URL` that finds the host in an address of a scheme that it does not know (130).
 */
const olderBrowser: Plugin = {
  name: 'older-browser',
  resolveId: (id) => (id === 'no-url' ? '\0no-url' : null),
  load: (id) => (id === '\0no-url' ? 'delete globalThis.URL;' : null),
  transform: (code, id) =>
    id.endsWith('/renderer/main.tsx') ? `import 'no-url';\nimport 'core-js/stable';\n${code}` : null,
};

/**
 * Builds the app for an Electron that is older than its own (25: Node 18, Chromium 114) into `app`, the folder that
 * Electron starts: main process with the agent, preload and window, with
 * the shims first. Needs the output of `npm run build`.
 */
export async function bundleForOlder(app: string): Promise<void> {
  const out = path.join(app, 'out');
  await mkdir(path.join(app, 'resources'), { recursive: true });
  const { config } = await resolveConfig({ root, logLevel: 'warn' }, 'build', 'production');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Record<string, string>;
  const { name, version, author, description, desktopName, homepage, license } = manifest;
  const program = (entry: string, file: string, footer = ''): InlineConfig => ({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      { name: 'manifest', load: (id) => (id === manifestFile ? JSON.stringify({ version }) : undefined) },
      leaveOut(),
      asciiOnly(),
    ],
    ssr: { target: 'node', noExternal: true },
    build: {
      ssr: path.join(root, entry),
      target: 'node18',
      minify: false,
      outDir: path.join(out, 'main'),
      emptyOutDir: false,
      reportCompressedSize: false,
      rolldownOptions: {
        external: ['electron', ...builtinModules, /^node:/],
        output: {
          ...compactOutput,
          format: 'cjs',
          entryFileNames: file,
          chunkFileNames: '[name]-[hash].cjs',
          footer: ({ isEntry }: { readonly isEntry: boolean }) => (isEntry ? footer : ''),
        },
      },
    },
  });
  const part = (name: 'preload' | 'renderer', target: string, plugins: readonly Plugin[]): InlineConfig =>
    mergeConfig(config?.[name] ?? {}, {
      plugins,
      build: { outDir: path.join(out, name), target, cssTarget: 'chrome114', emptyOutDir: true },
    });
  await Promise.all([
    drawTray(path.join(out, 'tray')),
    // Scripts of their own: the app's bundle copies the names of Node's modules when it begins.
    build(
      program(
        'test/electron/inside/shims.ts',
        'start.cjs',
        "require('./attachment.cjs');\nrequire('./index.cjs');",
      ),
    ),
    build(program('test/electron/inside/attachment.ts', 'attachment.cjs')),
    build(program('main/desktop/index.ts', 'index.cjs')),
    // A sandboxed preload knows Chromium's calls only, but electron-vite wants a version of Node.
    build(part('preload', 'node18', [])),
    build(part('renderer', 'chrome114', [olderBrowser])),
    cp(path.join(root, 'resources', 'icon.png'), path.join(app, 'resources', 'icon.png')),
    // Started by kubectl, from the app's folder.
    ...['cli', 'agent'].map((name) =>
      cp(path.join(root, 'out', name), path.join(out, name), { recursive: true }),
    ),
  ]);
  await writeFile(
    path.join(app, 'package.json'),
    JSON.stringify({
      ...{ name, version, author, description, desktopName, homepage, license },
      main: 'out/main/start.cjs',
    }),
  );
}
