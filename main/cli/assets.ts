import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { getAsset } from 'node:sea';
import { compileFunction } from 'node:vm';
import type { PageFiles } from '../api/web/static-file.ts';

/** What the single executable holds besides its program, by the path in `out/`: scripts of the agent, files of the window. */

const modules = new Map<string, { exports: unknown }>();
const systemRequire = createRequire(process.execPath);

/** What a script that the executable holds exports. It is run once, and names only others of its folder and Node's own. */
export function requireAsset(name: string): unknown {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const module: { exports: unknown } = { exports: {} };
  modules.set(name, module);
  const folder = path.posix.dirname(name);
  const require = (wanted: string) =>
    isBuiltin(wanted) ? systemRequire(wanted) : requireAsset(path.posix.join(folder, wanted));
  const run = compileFunction(
    getAsset(name, 'utf8'),
    ['exports', 'require', 'module', '__filename', '__dirname'],
    { filename: path.join(process.execPath, name) },
  );
  run.call(module.exports, module.exports, require, module, name, folder);
  return module.exports;
}

/** The files below `folder` in the executable. */
export function assetFiles(folder: string): PageFiles {
  return async (name) => Buffer.from(getAsset(path.posix.join(folder, path.posix.join('/', name))));
}
