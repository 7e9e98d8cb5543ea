import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { keyOf, NoTool, run } from './program.ts';

/** Without the symbol table and paths: smaller, and the same wherever the cache is. */
const lean = ['-trimpath', '-ldflags=-s -w'];

/**
 * Resolves with a program built from a Go module whose `go.sum` pins what it requires. `wanted` is a package of the module,
 * relative to it, or one that it requires.
 */
export async function goProgram(name: string, module: string, wanted: string): Promise<string> {
  const files = (await readdir(module, { recursive: true })).filter((file) => /\.(go|mod|sum)$/.test(file));
  const contents = await Promise.all(files.sort().map((file) => readFile(path.join(module, file))));
  const folder = await cached(`${name}-${keyOf(wanted, ...contents)}`, async (work) => {
    await run('go', ['build', '-mod=readonly', ...lean, '-o', path.join(work, name), wanted], {
      cwd: module,
    });
  });
  return path.join(folder, name);
}

/**
 * Resolves with a program of a published module. `sum` is the module's own hash; those of what it requires are in its
 * `go.sum`, which the hash covers.
 */
export async function goTool(tool: {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly sum: string;
}): Promise<string> {
  const folder = await cached(`${tool.name}-${tool.version}`, async (work) => {
    await run('go', ['install', ...lean, `${tool.package}@${tool.version}`], { env: { GOBIN: work } });
    const built = await run('go', ['version', '-m', path.join(work, tool.name)]);
    const [, sum = 'none'] = /^\tmod\t\S+\t\S+\t(h1:\S+)$/m.exec(built) ?? [];
    if (sum !== tool.sum) throw new NoTool(`${tool.package} has another checksum: ${sum}`);
  });
  return path.join(folder, tool.name);
}
