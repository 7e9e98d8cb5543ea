import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { check, keyOf, run } from './program.ts';

/**
 * Resolves with a folder for PYTHONPATH that holds the packages of a requirements file, every one of them with its hash.
 * The hashes are those of the wheels for one Python on Linux x64: another Python gets none of them.
 */
export async function pythonPackages(file: string): Promise<string> {
  const [requirements, version] = await Promise.all([readFile(file), run('python3', ['--version'])]);
  const name = `python-${path.basename(file, '.txt')}-${keyOf(requirements, version)}`;
  return cached(name, async (folder) => {
    const options = ['--quiet', '--disable-pip-version-check', '--no-compile', '--no-deps'];
    const pinned = ['--require-hashes', '--only-binary', ':all:', '--target', folder, '--requirement', file];
    await run('python3', ['-m', 'pip', 'install', ...options, ...pinned]);
  });
}

/**
 * Resolves with the interpreter itself: a wrapper on PATH may look for its settings in the home, and tests have homes of
 * their own.
 */
export async function python3(): Promise<string> {
  return (await run('python3', ['-c', 'import sys; print(sys.executable)'])).trim();
}

/**
 * Resolves with folders for PYTHONPATH that hold Ansible's core and its collection kubernetes.core: of the community
 * package, which has 100 collections, only that one.
 */
export async function ansible(requirements: string): Promise<string> {
  const { version, sha256 } = ansibleWheel;
  const collection = await cached(`ansible-kubernetes-core-${version}`, async (folder) => {
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
    const wheel = path.join(folder, `ansible-${version}-py3-none-any.whl`);
    await run('python3', ['-m', 'pip', 'download', ...options, '--dest', folder, `ansible==${version}`]);
    await check(wheel, { sha256 });
    const extract = `import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith(sys.argv[3])])`;
    await run('python3', ['-c', extract, wheel, folder, 'ansible_collections/kubernetes/core/']);
    await rm(wheel);
  });
  return [await pythonPackages(requirements), collection].join(path.delimiter);
}

const ansibleWheel = {
  version: '12.3.0',
  sha256: 'cd156f82fa87f7a899212b0efa9f7ca3a24d609212de9f78428a572eb01e5414',
} as const;
