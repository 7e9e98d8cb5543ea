import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cached, cacheFolder, NoWindows, windowsKubectl, windowsNode } from './programs.ts';
import type { System } from './system.ts';

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..', '..');
/** Change it when the prefix is made in another way. */
const prefixVersion = 1;
const lookEveryMs = 100;

/**
 * Starts Windows as Wine imitates it, with Windows' Node and kubectl, and the built product in `Program Files`. Programs
 * and Wine's prefix are made once and cached; each run has a copy of the prefix, so two runs do not meet.
 * Rejects with `NoWindows` if this computer has no Wine.
 */
export async function startWine(): Promise<System> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new NoWindows(`Wine is used on Linux x64 only, and this is ${process.platform} ${process.arch}`);
  for (const program of ['wine', 'wineserver', 'x86_64-w64-mingw32-gcc', 'python3']) await need(program);
  const node = await windowsNode();
  const kubectl = await windowsKubectl();
  const made = path.dirname(await cachedPrefix());
  const folder = await mkdtemp(path.join(cacheFolder(), 'run-'));
  const prefix = path.join(folder, 'prefix');
  // Links instead of copies: Wine replaces its registry files and never changes a library in place.
  await execute('cp', ['-al', made, prefix]);
  const drive = path.join(prefix, 'drive_c');
  await installProduct(path.join(drive, 'Program Files', 'k8s-tunnels'));
  await mkdir(path.join(drive, 'users'), { recursive: true });
  const env = wineEnv(prefix);
  return {
    name: (await execute('wine', ['--version'], { env })).stdout.trim(),
    node: pathOf(node),
    kubectl: pathOf(kubectl),
    cli: 'C:\\Program Files\\k8s-tunnels\\cli\\k8s-tunnels.cjs',
    homes: 'C:\\users',
    pathOf,
    run: (script, args) => runInFiles({ folder, env, words: [node, pathOf(script), ...args] }),
    async close() {
      await execute('wineserver', ['-k'], { env }).catch(() => {});
      await execute('wineserver', ['-w'], { env }).catch(() => {});
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Returns a path of this computer on Wine's drive Z:, which is its root. */
function pathOf(file: string): string {
  return `Z:${file.replaceAll('/', '\\')}`;
}

function wineEnv(prefix: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    WINEPREFIX: prefix,
    WINEDEBUG: '-all',
    // Neither .NET nor a browser engine is installed, and no menu entries are made on this computer.
    WINEDLLOVERRIDES: 'mscoree,mshtml=;winemenubuilder.exe=d',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
  };
}

/** Resolves with a file of a Windows drive on which Node and Go programs start. */
function cachedPrefix(): Promise<string> {
  return cached(`prefix-${prefixVersion}`, 'system.reg', async (folder) => {
    const env = wineEnv(folder);
    await execute('wine', ['wineboot', '-i'], { env });
    // Node refuses to start on an older Windows (exit code 216).
    const version = ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'];
    await execute('wine', version, { env });
    const library = path.join(folder, 'drive_c', 'windows', 'system32', 'bcryptprimitives.dll');
    const source = path.join(import.meta.dirname, 'bcryptprimitives.c');
    await execute('x86_64-w64-mingw32-gcc', ['-shared', '-O2', '-o', library, source, '-ladvapi32']);
    await execute('wineserver', ['-w'], { env });
  });
}

/** Copies the built product without the line with which it looks for a Node 24, which Wine does not start. */
async function installProduct(folder: string): Promise<void> {
  for (const part of ['cli', 'agent', 'renderer'])
    await cp(path.join(root, 'out', part), path.join(folder, part), { recursive: true });
  const program = path.join(folder, 'cli', 'k8s-tunnels.cjs');
  const code = await readFile(program, 'utf8');
  const changed = code.replace(/^if \(Number\(process\.versions\.node.*$/m, '');
  if (changed === code) throw new Error(`${program} no longer checks the version of Node: follow that here`);
  await writeFile(program, changed);
}

/** Windows' Node cannot use a pipe of Linux as its output (`open EBADF`), so it gets files, which are printed. */
async function runInFiles(options: {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly words: readonly string[];
}): Promise<number> {
  const { folder, env, words } = options;
  const [output, errors] = ['out', 'err'].map((name) => path.join(folder, `driver.${name}`));
  const [out, err] = await Promise.all([open(output ?? '', 'w+'), open(errors ?? '', 'w+')]);
  try {
    const child = spawn('wine', words, { env, stdio: ['ignore', out.fd, err.fd] });
    const ended = once(child, 'close') as Promise<[number | null]>;
    let position = 0;
    const print = async () => {
      const { size } = await out.stat();
      if (size === position) return;
      const { buffer, bytesRead } = await out.read(
        Buffer.alloc(size - position),
        0,
        size - position,
        position,
      );
      position += bytesRead;
      process.stdout.write(buffer.subarray(0, bytesRead));
    };
    let isRunning = true;
    void ended.finally(() => {
      isRunning = false;
    });
    while (isRunning) {
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, lookEveryMs))]);
      await print();
    }
    const [code] = await ended;
    const text = await readFile(errors ?? '', 'utf8');
    process.stderr.write(text.replaceAll(/^.*(?:wine32|multiarch|dpkg --add-architecture).*\n/gm, ''));
    return code ?? 1;
  } finally {
    await Promise.all([out.close(), err.close()]);
  }
}

async function need(program: string): Promise<void> {
  await execute('sh', ['-c', 'command -v "$0"', program]).catch(() => {
    throw new NoWindows(
      `${program} is not installed (apt: wine64 wine gcc-mingw-w64-x86-64-win32 python3-pip)`,
    );
  });
}
