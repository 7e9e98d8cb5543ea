import { cp, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { keyOf, run } from './program.ts';

/** Resolves with the program of a crate, built as its lock file pins what it depends on. */
export async function cargoProgram(name: string, source: string, main: string): Promise<string> {
  const files = ['Cargo.toml', 'Cargo.lock'].map((file) => path.join(source, file));
  const contents = await Promise.all([...files, main].map((file) => readFile(file)));
  const folder = await cached(`${name}-${keyOf(...contents)}`, async (work) => {
    for (const file of files) await cp(file, path.join(work, path.basename(file)));
    await cp(main, path.join(work, 'src', 'main.rs'));
    const env = { CARGO_TARGET_DIR: path.join(work, 'target'), CARGO_PROFILE_DEV_DEBUG: '0' };
    await run('cargo', ['build', '--locked', '--quiet'], { cwd: work, env });
    await rename(path.join(work, 'target', 'debug', name), path.join(work, name));
    await run('rm', ['-r', path.join(work, 'target')]);
  });
  return path.join(folder, name);
}
