import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { buildDesktop } from './build-desktop.ts';
import { isBuilt, startStamp } from './build-stamp.ts';
import { bundleForNode } from './bundle.ts';
import { asciiOnly, compactOutput } from './compact.ts';
import { drawTray } from './icons/tray.ts';
import { notePackages, writeLicences } from './licences.ts';

/**
 * Builds the command line, the agent and the window's server for Node 24, the desktop app with the tray's pictures, and
 * the licences of all of them. Does nothing if no source, lock file or output has changed since the last build.
 */

const root = path.resolve(import.meta.dirname, '..');
const out = path.join(root, 'out');
const cliFile = path.join(out, 'cli', 'k8s-tunnels.cjs');

async function build(): Promise<void> {
  const finishStamp = await startStamp(root);
  const packages = new Set<string>();
  const plugins = [notePackages(packages)];
  await Promise.all([
    bundleForNode({
      root,
      plugins,
      entry: 'main/cli/index.ts',
      folder: path.join(out, 'cli'),
      // Split off what a credential does not need, because kubectl waits for it to load.
      output: {
        entryFileNames: path.basename(cliFile),
        chunkFileNames: '[name]-[hash].cjs',
        comments: { jsdoc: false },
        // Run first, before syntax that an older Node does not know: `older-node.cjs` restarts with a newer Node.
        banner: (chunk: { readonly isEntry: boolean }) =>
          chunk.isEntry
            ? "if (Number(process.versions.node.split('.')[0]) < 24) return require('./older-node.cjs');"
            : '',
      },
    }),
    bundleForNode({
      root,
      plugins: [...plugins, asciiOnly()],
      entry: {
        agent: 'main/cli/agent-host.ts',
        doctor: 'main/cli/doctor/doctor.ts',
        diagnostics: 'main/cli/diagnostics/diagnostics.ts',
        publish: 'main/cli/publish/publish.ts',
        'lint-tags': 'main/cli/commands/lint-tags.ts',
        sandbox: 'main/cli/sandbox/sandbox.ts',
        serve: 'main/web/serve.ts',
        mcp: 'main/mcp/serve.ts',
      },
      folder: path.join(out, 'agent'),
      output: { ...compactOutput, entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
    }),
    // Alone in its file: a thread of the executable has no neighbours to require.
    bundleForNode({
      root,
      plugins,
      entry: 'main/agent/kubeconfig/plan-worker.ts',
      folder: path.join(out, 'plan'),
      output: { entryFileNames: '[name].cjs' },
    }),
    buildDesktop(root, plugins),
    drawTray(path.join(out, 'tray')),
  ]);
  await copyFile(path.join(root, 'main/cli/older-node.cjs'), path.join(out, 'cli', 'older-node.cjs'));
  await copyFile(path.join(root, 'main/cli/relay.cjs'), path.join(out, 'agent', 'relay.cjs'));
  await writeLicences(root, packages);
  await chmod(cliFile, 0o755);
  await mkdir(out, { recursive: true });
  await finishStamp();
}

if (await isBuilt(root)) console.log('out/ is up to date');
else {
  const start = performance.now();
  await build();
  console.log(`built out/ in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
