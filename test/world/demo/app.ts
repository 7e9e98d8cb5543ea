import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pathsFrom } from '../../../main/agent/paths.ts';
import { connectAgent } from '../../../main/api/socket/client.ts';
import type { World } from '../world.ts';
import type { CommandLine } from './command-line.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const electron = path.join(root, 'node_modules', 'electron');
const exec = promisify(execFile);

export type App =
  | { readonly kind: 'desktop'; readonly ended: Promise<void> }
  /** The window is in a browser, and `reason` says why. */
  | { readonly kind: 'browser'; readonly reason: string; readonly address: string };

/** Opens the app on the world: the desktop, or where Electron cannot start, the window in the person's browser. */
export async function openApp(world: World, commandLine: CommandLine): Promise<App> {
  try {
    return await startDesktop(world, commandLine);
  } catch (error) {
    const address = await commandLine.follow('k8s-tunnels', ['serve']).line(/^http:/);
    return { kind: 'browser', reason: error instanceof Error ? error.message : String(error), address };
  }
}

/** What a program needs of a person's session to show a window. */
const session = [
  ...['DISPLAY', 'XAUTHORITY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR'],
  ...['XDG_SESSION_TYPE', 'XDG_CURRENT_DESKTOP', 'DBUS_SESSION_BUS_ADDRESS', 'ELECTRON_OVERRIDE_DIST_PATH'],
];

/** Rejects with the reason where Electron cannot start. */
async function startDesktop(world: World, commandLine: CommandLine): Promise<App> {
  const { env } = process;
  if (process.platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) throw new Error('no display');
  await needElectron();
  const passed = session.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const profile = path.join(world.home, '.electron');
  const child = spawn(process.execPath, [path.join(electron, 'cli.js'), `--user-data-dir=${profile}`, root], {
    env: {
      ...commandLine.env,
      ...Object.fromEntries(passed),
      // As from a terminal: no login shell is asked, which would lead out of the sandbox.
      TERM: env.TERM ?? 'dumb',
      npm_node_execpath: await installSandboxedNode(world, commandLine),
    },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve()).once('close', () => resolve());
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const { socket, state } = pathsFrom(commandLine.env);
  for (;;) {
    if (isOver) throw new Error(`Electron ended at its start (exit code ${child.exitCode})`);
    const client = await connectAgent({ path: socket, state });
    client?.close();
    if (client !== undefined) return { kind: 'desktop', ended };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The package `electron` downloads its program when that is first wanted: outside the sandbox, which has no internet. */
async function needElectron(): Promise<void> {
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH !== undefined) return;
  await exec(process.execPath, [path.join(electron, 'install.js')]).catch(() => {
    throw new Error('Electron could not be downloaded');
  });
}

/** The desktop names a Node for the plugin that kubectl runs. This one leads into the sandbox first. */
async function installSandboxedNode(world: World, commandLine: CommandLine): Promise<string> {
  const file = path.join(path.dirname(world.home), 'node');
  const names = ['HOME', 'KUBECONFIG', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS', 'BROWSER'];
  const lines = names.map((name) => `export ${name}='${commandLine.env[name] ?? ''}'`);
  const script = ['#!/bin/sh', ...lines, `exec '${process.execPath}' "$@"`, ''];
  await writeFile(file, script.join('\n'), { mode: 0o755 });
  return file;
}
