import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import type { Plugin } from 'vite';
import { leaveOut } from './left-out.ts';

/**
 * Bundles a program for Node 24 with all its packages. `entry` is one file, or several by name. Passes `output` to
 * rolldown.
 */
export async function bundleForNode(options: {
  readonly root: string;
  readonly entry: string | Readonly<Record<string, string>>;
  readonly folder: string;
  readonly output: Record<string, unknown>;
  readonly plugins?: readonly Plugin[];
}): Promise<void> {
  const { root, entry, folder, output, plugins = [] } = options;
  const { build } = await import('vite');
  const manifestFile = path.join(root, 'package.json');
  const { version } = JSON.parse(await readFile(manifestFile, 'utf8')) as { version: string };
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    // All that the program wants of it.
    plugins: [
      { name: 'manifest', load: (id) => (id === manifestFile ? JSON.stringify({ version }) : undefined) },
      leaveOut(),
      ...plugins,
    ],
    // Resolve the packages' Node variants, not the browser ones.
    ssr: { target: 'node', noExternal: true },
    build: {
      ssr: typeof entry === 'string' ? path.join(root, entry) : true,
      outDir: folder,
      emptyOutDir: true,
      target: 'node24',
      minify: false,
      copyPublicDir: false,
      reportCompressedSize: false,
      rolldownOptions: {
        ...(typeof entry === 'string' ? {} : { input: entry }),
        external: [...builtinModules, /^node:/],
        // The single executable runs these scripts too, and has no loader for `import()`.
        output: { format: 'cjs', dynamicImportInCjs: false, ...output },
      },
    },
  });
}
