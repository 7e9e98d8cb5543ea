import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { buildDesktop } from './build-desktop.ts';
import { drawTray } from './icons/tray.ts';

/**
 * Builds the command line, the agent and the window's server, all for Node 24, and the desktop app
 * with the tray's pictures. Does nothing when no
 * source, lock file or output has changed since the last build.
 */

const root = path.resolve(import.meta.dirname, '..');
const out = path.join(root, 'out');
const stamp = path.join(out, 'build-stamp.json');
const cliFile = path.join(out, 'cli', 'k8s-tunnels.cjs');

const settings = ['electron.vite.config.ts', 'package.json', 'package-lock.json'];
const sources = ['main', 'preload', 'renderer', 'scripts', ...settings];
const outputs = ['out/cli', 'out/agent', 'out/main', 'out/preload', 'out/renderer', 'out/tray'];

/** Names, sizes and times of every file: cheaper than reading them, and an edit changes one of the two. */
async function fingerprint(places: readonly string[]): Promise<string> {
  const look = async (place: string): Promise<string[]> => {
    const info = await stat(place).catch(() => undefined);
    if (info === undefined) return [`${place} missing`];
    if (!info.isDirectory()) return [`${place} ${info.size} ${info.mtimeMs}`];
    const names = (await readdir(place)).sort();
    return (await Promise.all(names.map((name) => look(path.join(place, name))))).flat();
  };
  return (await Promise.all(places.map((place) => look(path.join(root, place))))).flat().join('\n');
}

async function isBuilt(): Promise<boolean> {
  const known = await readFile(stamp, 'utf8').catch(() => '');
  return known === JSON.stringify([await fingerprint(sources), await fingerprint(outputs)]);
}

async function build(): Promise<void> {
  const { build: viteBuild } = await import('vite');
  const manifestFile = path.join(root, 'package.json');
  const { version } = JSON.parse(await readFile(manifestFile, 'utf8')) as { version: string };
  const bundle = (options: {
    /** By name, where there is more than one. */
    readonly entry: string | Readonly<Record<string, string>>;
    readonly folder: string;
    readonly output: Record<string, unknown>;
  }) =>
    viteBuild({
      root,
      configFile: false,
      logLevel: 'warn',
      // All that the program wants of it.
      plugins: [
        { name: 'manifest', load: (id) => (id === manifestFile ? JSON.stringify({ version }) : undefined) },
      ],
      // A program of Node: its packages' Node variants, none of a browser's.
      ssr: { target: 'node', noExternal: true },
      // CommonJS packages that end up in an ES module ask for their folder when they are loaded.
      ...(options.output.format === 'es' ? { define: { __dirname: 'import.meta.dirname' } } : {}),
      build: {
        ssr: typeof options.entry === 'string' ? path.join(root, options.entry) : true,
        outDir: path.join(out, options.folder),
        emptyOutDir: true,
        target: 'node24',
        minify: false,
        copyPublicDir: false,
        reportCompressedSize: false,
        rolldownOptions: {
          ...(typeof options.entry === 'string' ? {} : { input: options.entry }),
          external: [...builtinModules, /^node:/],
          output: options.output,
        },
      },
    });
  // Taken first: what is edited during the build is built the next time.
  const built = await fingerprint(sources);
  await rm(stamp, { force: true });
  await Promise.all([
    bundle({
      entry: 'main/cli/index.ts',
      folder: 'cli',
      // What a credential does not need is read only by who needs it: kubectl waits for each millisecond.
      output: {
        format: 'cjs',
        entryFileNames: path.basename(cliFile),
        chunkFileNames: '[name]-[hash].cjs',
        comments: { jsdoc: false },
      },
    }),
    bundle({
      entry: { agent: 'main/cli/agent-host.ts', serve: 'main/web/serve.ts' },
      folder: 'agent',
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    }),
    buildDesktop(root),
    drawTray(path.join(out, 'tray')),
  ]);
  await chmod(cliFile, 0o755);
  await mkdir(out, { recursive: true });
  await writeFile(stamp, JSON.stringify([built, await fingerprint(outputs)]));
}

if (await isBuilt()) console.log('out/ is up to date');
else {
  const start = performance.now();
  await build();
  console.log(`built out/ in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
