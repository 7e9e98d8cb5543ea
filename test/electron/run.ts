import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findElectron, NoElectron, type RealElectron } from './binary.ts';
import { bundleForElectron9 } from './bundle.ts';

const unseen: Readonly<Record<RealElectron['kind'], readonly string[]>> = {
  current: ['the fuses and the asar archive of a packaged app'],
  older: [
    "the agent in the app's own process, with Electron's TLS library and the keychain: it runs in Node beside it",
    'the sandbox of the operating system, the fuses and the asar archive of a packaged app',
    "how the window looks: its Chromium is too old for the window's styles",
    "a click on the tray's icon, and its tooltip: libappindicator has neither",
  ],
};

/**
 * `npm run test:electron`: the end-to-end suite in the newest real Electron that is here, on a display and a session
 * bus of its own. Where there can be none it is skipped with the reason; with K8S_TUNNELS_ELECTRON=required that is a
 * failure.
 */
try {
  const real = await findElectron();
  const { kind, version } = real;
  console.log(`Electron ${version}${kind === 'older' ? `, no current one: ${real.reason}` : ''}`);
  process.exitCode = kind === 'current' ? await runTests(real) : await runBundled(real);
  console.log(`Electron ${version} on Linux does not show:`);
  for (const line of [...unseen[kind], 'the buttons of a notification, as no Electron does on Linux'])
    console.log(`- ${line}`);
} catch (error) {
  if (!(error instanceof NoElectron)) throw error;
  const required = process.env.K8S_TUNNELS_ELECTRON === 'required';
  console.log(`${required ? 'failed' : 'skipped'}: the real Electron cannot run: ${error.message}`);
  console.log(required ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exitCode = required ? 1 : 0;
}

async function runBundled(real: RealElectron & { kind: 'older' }): Promise<number> {
  const app = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-electron-'));
  try {
    await bundleForElectron9(app, real.appIndicator);
    return await runTests(real, { K8S_TUNNELS_ELECTRON_APP: app });
  } finally {
    await rm(app, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runTests(
  { executable }: RealElectron,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const tests = ['vitest', 'run', '--config', path.join(import.meta.dirname, 'vitest.config.ts')];
  const child = spawn('xvfb-run', ['-a', 'dbus-run-session', '--', ...tests, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...env, K8S_TUNNELS_ELECTRON_BINARY: executable },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
