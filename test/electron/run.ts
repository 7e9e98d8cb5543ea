import { spawn } from 'node:child_process';
import path from 'node:path';
import { findElectron, NoElectron } from './binary.ts';

/**
 * `npm run test:electron`: the end-to-end suite in a real Electron, on a display and a session bus of its own. Where
 * there can be none it is skipped with the reason; with K8S_TUNNELS_ELECTRON=required that is a failure.
 */
try {
  const executable = await findElectron();
  const tests = ['vitest', 'run', '--config', path.join(import.meta.dirname, 'vitest.config.ts')];
  const child = spawn('xvfb-run', ['-a', 'dbus-run-session', '--', ...tests], {
    stdio: 'inherit',
    env: { ...process.env, K8S_TUNNELS_ELECTRON_BINARY: executable },
  });
  child.once('close', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  if (!(error instanceof NoElectron)) throw error;
  const required = process.env.K8S_TUNNELS_ELECTRON === 'required';
  console.log(`${required ? 'failed' : 'skipped'}: the real Electron cannot run: ${error.message}`);
  console.log(required ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exitCode = required ? 1 : 0;
}
