import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { AppError } from '../model/app-error.ts';
import type { Environment } from './parts.ts';
import { folderOnDisk } from './storage/folder-on-disk.ts';

/** The paths of all our files. All are absolute. */
export interface Paths {
  readonly home: string;
  /** Settings that the user may edit. */
  readonly config: string;
  /** Catalog, journal, backups, tunnels, secret, log: only ours, 0700. */
  readonly state: string;
  /** The agent's Unix socket, or on Windows its named pipe. */
  readonly socket: string;
  /** cloudflared's folder of Access tokens, shared with it. */
  readonly cloudflared: string;
}

/** The limit of Unix socket paths is 104 bytes on macOS and 108 on Linux. */
const socketPathLimit = 103;

/**
 * Derives every path from the environment.
 * Rejects with `home-missing` when no home folder is known.
 */
export function pathsFrom(env: Environment, platform: NodeJS.Platform = process.platform): Paths {
  const home = platform === 'win32' ? env.USERPROFILE : env.HOME;
  if (home === undefined || home === '' || !isAbsolute(home)) {
    const name = platform === 'win32' ? 'USERPROFILE' : 'HOME';
    throw new AppError(
      'home-missing',
      `${name} is not set to an absolute path: there is no folder for settings.`,
      {
        hint: `Set ${name} to your home folder and start again.`,
      },
    );
  }
  const { config, state } = foldersFor(env, platform, home);
  return {
    home,
    config,
    state,
    socket: socketFor(env, platform, state),
    cloudflared: join(home, '.cloudflared'),
  };
}

function foldersFor(env: Environment, platform: NodeJS.Platform, home: string) {
  if (platform === 'win32') {
    const roaming = env.APPDATA || join(home, 'AppData', 'Roaming');
    const local = env.LOCALAPPDATA || join(home, 'AppData', 'Local');
    return { config: join(roaming, 'k8s-tunnels'), state: join(local, 'k8s-tunnels') };
  }
  if (platform === 'darwin') {
    const support = join(home, 'Library', 'Application Support', 'k8s-tunnels');
    return { config: support, state: join(support, 'state') };
  }
  return {
    config: join(absolute(env.XDG_CONFIG_HOME) ?? join(home, '.config'), 'k8s-tunnels'),
    state: join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), 'k8s-tunnels'),
  };
}

/**
 * Returns the variables with which a program that the kubeconfig names finds the agent of `env`, whatever the environment
 * of the client that starts it: empty where `env` has none. Options for Node that are meant for the client could keep the
 * program from starting.
 */
export function pinnedEnvironment(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): Readonly<Record<string, string>> {
  const folders: Partial<Record<NodeJS.Platform, readonly string[]>> = {
    win32: ['USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
    darwin: ['HOME'],
  };
  const names = folders[platform] ?? ['HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'];
  return { ...Object.fromEntries(names.map((name) => [name, env[name] ?? ''])), NODE_OPTIONS: '' };
}

/**
 * There is one agent per user and profile. The socket's path is derived from the state folder alone, because a desktop
 * and a terminal must find the same one whatever else is in their environments, and however these spell the folder.
 */
function socketFor(env: Environment, platform: NodeJS.Platform, state: string): string {
  // Loaded only where it is used: otherwise every kubectl would wait 4 ms for it.
  const id = () =>
    process
      .getBuiltinModule('node:crypto')
      .createHash('sha256')
      .update(folderOnDisk(state))
      .digest('hex')
      .slice(0, 16);
  if (platform === 'win32') return `\\\\.\\pipe\\k8s-tunnels-${id()}`;
  const wanted = join(state, 'run', 'agent.sock');
  if (Buffer.byteLength(wanted) <= socketPathLimit) return wanted;
  return join(
    absolute(env.XDG_RUNTIME_DIR) ?? tmpdir(),
    `k8s-tunnels-${userInfo().uid}-${id()}`,
    'agent.sock',
  );
}

/** The XDG specification requires relative paths to be ignored. */
function absolute(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined;
}
