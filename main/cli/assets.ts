import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { getAsset } from 'node:sea';
import { compileFunction } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';
import type { PageFiles } from '../api/web/static-file.ts';

// Assets of the single executable, by their path in `out/`: the agent's scripts and the window's files.

const modules = new Map<string, { exports: unknown }>();
const systemRequire = createRequire(process.execPath);

/**
 * Returns the exports of a script in the executable. Runs it once. The script may require only its neighbours and
 * Node's modules.
 */
export function requireAsset(name: string): unknown {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const module: { exports: unknown } = { exports: {} };
  modules.set(name, module);
  const folder = path.posix.dirname(name);
  const require = (wanted: string) =>
    isBuiltin(wanted) ? systemRequire(wanted) : requireAsset(path.posix.join(folder, wanted));
  const run = compileFunction(
    read(name).toString('utf8'),
    ['exports', 'require', 'module', '__filename', '__dirname'],
    { filename: path.join(process.execPath, name) },
  );
  run.call(module.exports, module.exports, require, module, name, folder);
  return module.exports;
}

/** Returns a reader of the files below `folder` in the executable. */
export function assetFiles(folder: string): PageFiles {
  return async (name) => read(path.posix.join(folder, path.posix.join('/', name)));
}

/** Returns the text of a file in the executable. */
export function assetText(name: string): string {
  return read(name).toString('utf8');
}

/** Returns the contents of an asset, which the build has compressed. Throws if there is none of this name. */
function read(name: string): Buffer {
  return brotliDecompressSync(getAsset(name));
}
