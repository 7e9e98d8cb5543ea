import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { DriverSettings } from './system.ts';

const windows = process.platform === 'win32';
const limitMs = 120_000;

export const settings = JSON.parse(readFileSync(process.env.DRIVER_SETTINGS ?? '', 'utf8')) as DriverSettings;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both outputs as one line, for messages of failed assertions. */
  readonly said: string;
}

/** A user of this computer with a home of their own. */
export interface User {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly state: string;
  /** The kubeconfig where KUBECONFIG names none. */
  readonly kubeconfig: string;
  /** Runs the built command line. `extra` goes over the environment; undefined removes a variable. */
  tunnels(args: readonly string[], extra?: Extra): Ran;
  /** As `tunnels`, without blocking this process: for several at once, or while it listens itself. */
  begin(args: readonly string[], extra?: Extra): Promise<Ran>;
  /** Starts a command that goes on, and resolves with the part of its output that matches. `end` ends it. */
  follow(args: readonly string[], pattern: RegExp): Promise<{ readonly found: string; end(): void }>;
  kubectl(args: readonly string[], extra?: Extra): Ran;
  /** Returns the process id of the agent, which is started if none runs. */
  agentPid(): number;
}

type Extra = Readonly<Record<string, string | undefined>>;

/** Creates a user whose home has this name. Nobody is signed in yet but where the world's tools are. */
export function createUser(name: string): User {
  const home = path.join(settings.homes, name);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  copy(settings.worldHome, home);
  const local = path.join(home, 'AppData', 'Local');
  const state = windows ? path.join(local, 'k8s-tunnels') : stateOf(home);
  // The world has spread the ports of its clusters; where it runs on Linux, they are in that system's folder.
  const ports = path.join(home, '.local', 'state', 'k8s-tunnels');
  if (windows && existsSync(ports)) copy(ports, state);
  mkdirSync(path.join(home, 'Temp'), { recursive: true });
  const env = environment(home, local);
  const run = (program: string, args: readonly string[], extra: Extra = {}): Ran => {
    const options = { env: merged(env, extra), cwd: home, encoding: 'utf8', timeout: limitMs } as const;
    const { status, stdout, stderr, error } = spawnSync(program, args, options);
    return ran(status, stdout ?? '', `${stderr ?? ''}${error === undefined ? '' : String(error)}`);
  };
  const tunnels: User['tunnels'] = (args, extra) => run(settings.node, [settings.cli, ...args], extra);
  return {
    ...{ home, env, state, tunnels },
    kubeconfig: path.join(home, '.kube', 'config'),
    begin: (args, extra = {}) =>
      new Promise((resolve, reject) => {
        const words = [settings.cli, ...args];
        const child = spawn(settings.node, words, { env: merged(env, extra), cwd: home, stdio: 'pipe' });
        child.stdin.end();
        let [stdout, stderr] = ['', ''];
        child.stdout.on('data', (data) => (stdout += data));
        child.stderr.on('data', (data) => (stderr += data));
        child.once('error', reject);
        child.once('close', (code) => resolve(ran(code, stdout, stderr)));
      }),
    follow: (args, pattern) =>
      new Promise((resolve, reject) => {
        const child = spawn(settings.node, [settings.cli, ...args], { env, cwd: home, stdio: 'pipe' });
        let output = '';
        const take = (data: Buffer) => {
          output += data.toString();
          const [found] = pattern.exec(output) ?? [];
          if (found !== undefined) resolve({ found, end: () => void child.kill() });
        };
        child.stdout.on('data', take);
        child.stderr.on('data', take);
        const timeout = setTimeout(() => child.kill(), limitMs);
        child.once('close', () => {
          clearTimeout(timeout);
          reject(new Error(`${args.join(' ')} ended: ${output}`));
        });
      }),
    kubectl(args, extra) {
      if (settings.kubectl === undefined) throw new Error('there is no kubectl');
      return run(settings.kubectl, args, extra);
    },
    agentPid: () =>
      (JSON.parse(tunnels(['status', '--json']).stdout) as { agent: { pid: number } }).agent.pid,
  };
}

function environment(home: string, local: string): Record<string, string> {
  const env: Record<string, string> = { ...settings.env };
  const kept = windows
    ? [
        'SystemRoot',
        'windir',
        'ComSpec',
        'PATH',
        'PATHEXT',
        'ProgramData',
        'SystemDrive',
        'ProgramFiles',
        'OS',
      ]
    : ['PATH', 'LANG'];
  for (const [name, value] of Object.entries(process.env))
    if (kept.some((one) => one.toLowerCase() === name.toLowerCase())) env[name] = value ?? '';
  for (const [name, place] of Object.entries(settings.inHome)) env[name] = path.join(home, place);
  env.BROWSER = settings.browser;
  if (!windows) return { ...env, HOME: home, TMPDIR: path.join(home, 'Temp') };
  const temporary = path.join(home, 'Temp');
  return {
    ...env,
    ...{
      USERPROFILE: home,
      HOMEDRIVE: home.slice(0, 2),
      HOMEPATH: home.slice(2),
      USERNAME: path.basename(home),
    },
    ...{
      APPDATA: path.join(home, 'AppData', 'Roaming'),
      LOCALAPPDATA: local,
      TEMP: temporary,
      TMP: temporary,
    },
  };
}

function stateOf(home: string): string {
  return process.platform === 'darwin'
    ? path.join(home, 'Library', 'Application Support', 'k8s-tunnels', 'state')
    : path.join(home, '.local', 'state', 'k8s-tunnels');
}

function merged(env: Readonly<Record<string, string>>, extra: Extra): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries({ ...env, ...extra }).filter(([, value]) => value !== undefined));
}

function ran(code: number | null, stdout: string, stderr: string): Ran {
  // Node 22 warns of what became stable in the Node that the product is made for.
  const errors = stderr.replaceAll(/^.*(?:ExperimentalWarning|--trace-warnings).*\r?\n/gm, '');
  const said = `exit code ${code}: ${stdout}${errors}`.replaceAll(/\s+/g, ' ').slice(0, 1_500);
  return { code, stdout, stderr: errors, said };
}

/** Copies a folder's files and folders, without its links and pipes. */
function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) copy(source, target);
    else if (entry.isFile()) copyFileSync(source, target);
  }
}
