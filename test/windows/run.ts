import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startWorld } from '../world/world.ts';
import { startBrowsers } from './browsers.ts';
import { startNative } from './native.ts';
import { NoWindows } from './programs.ts';
import type { DriverSettings, System } from './system.ts';
import { startWine } from './wine.ts';

/**
 * `npm run test:windows`: drives the built product as Windows runs it, by Wine on Linux, natively on Windows and macOS.
 * Where there is no Wine it is skipped with the reason; with K8S_TUNNELS_WINDOWS=required that is a failure.
 * `--native` drives it on this system, whatever it is. Other arguments select files by a part of their names.
 */
const [native, names] = [
  process.argv.includes('--native'),
  process.argv.slice(2).filter((one) => one !== '--native'),
];
try {
  const isWine = process.platform === 'linux' && !native;
  const system = await (isWine ? startWine() : startNative());
  try {
    process.exitCode = await drive(system);
  } finally {
    await system.close();
  }
} catch (error) {
  if (!(error instanceof NoWindows)) throw error;
  const required = process.env.K8S_TUNNELS_WINDOWS === 'required';
  console.log(`${required ? 'failed' : 'skipped'}: the Windows build cannot run: ${error.message}`);
  console.log(required ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exitCode = required ? 1 : 0;
}

/** Resolves with the driver's exit code. */
async function drive(system: System): Promise<number> {
  console.log(`The built product on ${system.name}`);
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-windows-'));
  const world = await startWorld();
  const browsers = await startBrowsers(world);
  try {
    const inHome: Record<string, string> = {};
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries(world.env)) {
      if (['HOME', 'USERPROFILE', 'BROWSER', 'KUBECONFIG', 'NODE_COMPILE_CACHE'].includes(name)) continue;
      if (value.startsWith(world.home)) inHome[name] = path.relative(world.home, value);
      else env[name] = path.isAbsolute(value) ? system.pathOf(value) : value;
    }
    const opener = path.join(import.meta.dirname, 'opener.ts');
    const settings: DriverSettings = {
      ...{ node: system.node, kubectl: system.kubectl, cli: system.cli, homes: system.homes },
      worldHome: system.pathOf(world.home),
      env,
      inHome,
      browser: `${system.node} ${system.pathOf(opener)} ${browsers.port}`,
    };
    const file = path.join(folder, 'settings.json');
    await writeFile(file, JSON.stringify(settings), { mode: 0o600 });
    const driver = path.join(import.meta.dirname, 'driver.ts');
    return await system.run(driver, [system.pathOf(file), ...names]);
  } finally {
    await browsers.close();
    await world.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
