import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packElectron } from '../../packaging/pack-electron.ts';
import { installCloudflared } from '../../world/cloudflared/install.ts';
import { findElectron, NoElectron } from '../find-electron.ts';

const run = promisify(execFile);

/**
 * `npm run test:package`: packs the app with the newest real Electron that is here, installs the deb as root over this
 * system, and uses it as an ordinary user. What is installed is gone afterwards. K8S_TUNNELS_CLOUDFLARED names the real
 * cloudflared to pack; a double stands in for it. Where it cannot run it is skipped with the reason; with
 * K8S_TUNNELS_ELECTRON=required that is a failure.
 */
const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-package-'));
try {
  await chmod(folder, 0o755);
  const electron = await findElectron();
  const overlay = await mkdtemp(path.join(folder, 'overlay-'));
  const inOverlay = await overlayCommand(overlay);
  const real = process.env.K8S_TUNNELS_CLOUDFLARED ?? '';
  const cloudflared = real === '' ? await installCloudflared(path.join(folder, 'double')) : real;
  console.log(
    `Electron ${electron.version}, ${real === '' ? 'a double of cloudflared' : `cloudflared from ${real}`}`,
  );
  const dist = await packElectron({ folder, electron, cloudflared, targets: ['deb'] });
  const deb = (await readdir(dist)).find((name) => name.endsWith('.deb')) ?? '';
  process.exitCode = await runTests(inOverlay, {
    K8S_TUNNELS_PACKAGE: path.join(dist, deb),
    K8S_TUNNELS_UNPACKED: path.join(dist, 'linux-unpacked'),
    K8S_TUNNELS_OVERLAY: path.join('/mnt', overlay, 'up'),
    K8S_TUNNELS_ELECTRON_VERSION: electron.version,
  });
} catch (error) {
  if (!(error instanceof NoElectron)) throw error;
  const required = process.env.K8S_TUNNELS_ELECTRON === 'required';
  console.log(`${required ? 'failed' : 'skipped'}: the package cannot be started: ${error.message}`);
  console.log(required ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exitCode = required ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Resolves with the words before a command that is run as root over this system. Rejects with `NoElectron`. */
async function overlayCommand(overlay: string): Promise<readonly string[]> {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n', '-E', 'env', `PATH=${process.env.PATH ?? ''}`];
  const script = path.join(import.meta.dirname, 'in-overlay.sh');
  const words = [...sudo, 'unshare', '--mount', 'sh', script, overlay];
  const [program = '', ...args] = words;
  await run(program, [...args, 'dpkg', '--version']).catch((error: unknown) => {
    throw new NoElectron(`no root, no mount namespace or no dpkg: ${String(error).split('\n')[1] ?? ''}`);
  });
  return words;
}

async function runTests(
  inOverlay: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const [program = '', ...before] = inOverlay;
  const config = path.join(import.meta.dirname, 'vitest.config.ts');
  const tests = ['vitest', 'run', '--config', config, ...process.argv.slice(2)];
  const child = spawn(program, [...before, 'xvfb-run', '-a', ...tests], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
