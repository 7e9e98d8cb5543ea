import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { bundleForNode } from '../bundle.ts';

const run = promisify(execFile);
const compress = promisify(brotliCompress);
const root = path.resolve(import.meta.dirname, '..', '..');
const out = path.join(root, 'out');

/** Node's marker of a binary into which a program can be injected. */
const sentinelFuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Builds the command line as one executable, `file`: Node with the program in it and, as assets, the agent and the
 * window for `serve`. Needs the output of `npm run build`. `node` is the Node binary to use: this one, or one of the
 * same system and version for another processor.
 */
export async function buildExecutable({
  file,
  node = process.execPath,
}: {
  readonly file: string;
  readonly node?: string;
}): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const work = await mkdtemp(path.join(path.dirname(file), '.executable-'));
  try {
    await bundleForNode({
      root,
      entry: 'main/cli/index.ts',
      folder: path.join(work, 'cli'),
      output: { entryFileNames: 'k8s-tunnels.cjs', codeSplitting: false },
    });
    const blob = path.join(work, 'blob');
    const config = {
      main: path.join(work, 'cli', 'k8s-tunnels.cjs'),
      output: blob,
      disableExperimentalSEAWarning: true,
      // A code cache works only for the Node that created it, not for another processor's.
      useCodeCache: node === process.execPath,
      // Ignore NODE_OPTIONS, which are for the user's own programs.
      execArgvExtension: 'none',
      assets: await compressedAssets(path.join(work, 'assets')),
    };
    await writeFile(path.join(work, 'sea.json'), JSON.stringify(config));
    await run(process.execPath, ['--experimental-sea-config', path.join(work, 'sea.json')]);
    const program = path.join(work, 'program');
    await copyFile(node, program);
    await chmod(program, 0o755);
    const isMac = process.platform === 'darwin';
    // Its symbols are for debuggers: without them it is a seventh smaller. Skipped where there is no `strip`, or where
    // this one knows no such processor.
    if (process.platform === 'linux') await run('strip', ['--strip-unneeded', program]).catch(() => {});
    if (isMac) await run('codesign', ['--remove-signature', program]);
    await run(process.execPath, [
      path.join(root, 'node_modules', 'postject', 'dist', 'cli.js'),
      ...[program, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', sentinelFuse],
      ...(isMac ? ['--macho-segment-name', 'NODE_SEA'] : []),
    ]);
    // Sign it to run here. A release is signed again with the app.
    if (isMac) await run('codesign', ['--sign', '-', program]);
    await rename(program, file);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Writes what the program carries to `folder`, compressed: it would take up 10 MB otherwise, and is read once in the
 * life of an agent. Returns the files by their path in `out/`, as `main/cli/assets.ts` requests them.
 */
async function compressedAssets(folder: string): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  // The highest level takes twenty times as long, to save a fiftieth of a MB of each.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  for (const top of ['agent', 'plan', 'renderer']) {
    const entries = await readdir(path.join(out, top), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(out, file);
      const compressed = path.join(folder, name);
      await mkdir(path.dirname(compressed), { recursive: true });
      await writeFile(compressed, await compress(await readFile(file), { params }));
      all[name.replaceAll(path.sep, '/')] = compressed;
    }
  }
  return all;
}
