import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleForOlder } from './bundle.ts';
import { findElectron, NoElectron, type RealElectron } from './find-electron.ts';

/**
 * `npm run test:electron`: the end-to-end suite in the newest real Electron that is here, on a display and a session
 * bus of its own. Where there can be none it is skipped with the reason; with K8S_TUNNELS_ELECTRON=required that is a
 * failure.
 */
try {
  const real = await findElectron();
  const { kind, version, dist, noSandbox } = real;
  console.log(`Electron ${version}, from ${dist}${kind === 'current' ? '' : ', with the shims it needs'}`);
  process.exitCode = kind === 'current' ? await runTests(real) : await runBundled(real);
  console.log(`Electron ${version} on Linux does not show:`);
  const unseen = [
    'the fuses and the asar archive of a packaged app, which test:package shows',
    ...(noSandbox === undefined ? [] : [`the sandbox of the operating system: ${noSandbox}`]),
    ...(kind === 'current' ? [] : ['the Node, the Chromium and the module loader of a current Electron']),
    'the buttons of a notification, as no Electron does on Linux',
  ];
  for (const line of unseen) console.log(`- ${line}`);
} catch (error) {
  if (!(error instanceof NoElectron)) throw error;
  const required = process.env.K8S_TUNNELS_ELECTRON === 'required';
  console.log(`${required ? 'failed' : 'skipped'}: the real Electron cannot run: ${error.message}`);
  console.log(required ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exitCode = required ? 1 : 0;
}

/** Runs the tests in a copy of the folder with the app in it: this one starts no other app than its own. */
async function runBundled(real: RealElectron): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-electron-'));
  try {
    const dist = path.join(folder, 'dist');
    await cp(real.dist, dist, { recursive: true });
    await bundleForOlder(path.join(dist, 'resources', 'app'));
    return await runTests({ ...real, dist });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runTests({ dist, kind, noSandbox }: RealElectron): Promise<number> {
  const tests = ['vitest', 'run', '--config', path.join(import.meta.dirname, 'vitest.config.ts')];
  const child = spawn('xvfb-run', ['-a', 'dbus-run-session', '--', ...tests, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: {
      ...process.env,
      K8S_TUNNELS_ELECTRON_BINARY: path.join(dist, 'electron'),
      // The built app, or the one in its folder.
      K8S_TUNNELS_ELECTRON_APP: kind === 'current' ? path.resolve(import.meta.dirname, '..', '..') : '',
      K8S_TUNNELS_ELECTRON_FLAGS: noSandbox === undefined ? '' : '--no-sandbox',
    },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
