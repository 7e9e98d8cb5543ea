import { readFileSync } from 'node:fs';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { asciiOnly, compactOutput } from './scripts/compact.ts';
import { leaveOut } from './scripts/left-out.ts';

const manifestFile = path.resolve(import.meta.dirname, 'package.json');
const { version } = JSON.parse(readFileSync(manifestFile, 'utf8')) as { version: string };
const build = { minify: false, reportCompressedSize: false } as const;

/** The desktop app: its main process, the bridge, and the window, which `k8s-tunnels serve` shows in a browser too. */
export default defineConfig({
  main: {
    // All that the program wants of it.
    plugins: [
      { name: 'manifest', load: (id) => (id === manifestFile ? JSON.stringify({ version }) : undefined) },
      leaveOut(),
      asciiOnly(),
    ],
    build: {
      ...build,
      outDir: 'out/main',
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'main/desktop/index.ts' },
        output: {
          ...compactOutput,
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: '[name]-[hash].js',
        },
      },
    },
  },
  preload: {
    build: {
      ...build,
      outDir: 'out/preload',
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'preload/index.ts' },
        // A sandboxed preload can load no module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    // Files only: the page's policy allows no inline script, and `data:` for images alone.
    build: {
      ...build,
      minify: true,
      // Lowers `light-dark()` too, for browsers that show `serve` and are a few years old.
      cssTarget: ['chrome111', 'firefox114', 'safari16.4'],
      // One script, read from the disk or from loopback.
      chunkSizeWarningLimit: 1_000,
      outDir: 'out/renderer',
      assetsInlineLimit: 0,
      modulePreload: false,
      // One file for all: the styles of what is loaded later are small.
      cssCodeSplit: false,
      rolldownOptions: { input: path.resolve(import.meta.dirname, 'renderer', 'index.html') },
    },
    plugins: [react()],
  },
});
