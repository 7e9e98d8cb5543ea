import path from 'node:path';
import { cached } from './cache.ts';
import { goProgram } from './go.ts';
import { run } from './program.ts';

const source = path.join(import.meta.dirname, '..', 'peers', 'programs', 'dex');

/** Resolves with an OpenID Connect issuer of dex, built from the modules that its `go.sum` pins. */
export const dex = () => goProgram('dex', source, '.');

/** Resolves with the folder of dex's own pages, from the same module. */
export function dexPages(): Promise<string> {
  return cached('dex-pages-2.13.0', async (folder) => {
    await run('go', ['mod', 'download'], { cwd: source });
    const module = await run('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/dexidp/dex'], {
      cwd: source,
    });
    await run('cp', ['-R', `${path.join(module.trim(), 'web')}/.`, folder]);
    // Files of the module cache are read-only.
    await run('chmod', ['-R', 'u+w', folder]);
  });
}
