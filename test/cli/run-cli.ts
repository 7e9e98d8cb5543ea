import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Paths, pathsFrom } from '../../main/agent/paths.ts';
import { compileCache } from '../world/compile-cache.ts';

export const root = path.resolve(import.meta.dirname, '../..');
export const builtProgram = path.join(root, 'out/cli/k8s-tunnels.cjs');
/** The built one where it is up to date, which starts seven times as fast, else the source. */
export const currentProgram =
  process.env.K8S_TUNNELS_TEST_BUILT === 'yes' ? builtProgram : path.join(root, 'main/cli/index.ts');

/** A home of its own, and nothing of the environment that could lead out of it. */
export interface Home {
  readonly env: Readonly<Record<'HOME' | 'PATH' | 'K8S_TUNNELS_MANAGED_CONFIG', string>> &
    Record<string, string>;
  readonly paths: Paths;
  remove(): Promise<void>;
}

export async function makeHome(): Promise<Home> {
  const home = await realpath(await mkdtemp(path.join(tmpdir(), 'cli-')));
  const env = {
    HOME: home,
    PATH: '/usr/bin:/bin',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...compileCache,
    // What this computer's administrators say concerns no test.
    K8S_TUNNELS_MANAGED_CONFIG: path.join(home, 'managed.yaml'),
  };
  return {
    env,
    paths: pathsFrom(env),
    remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface Run {
  readonly child: ChildProcess;
  /** What has come on stderr so far. */
  stderr(): string;
  /** Resolves when stdout or stderr holds the text. */
  says(text: string): Promise<void>;
  readonly done: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts the command line as a child process, with pipes and so with no terminal. */
export function startCli(
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly program?: string;
  },
): Run {
  const { env, cwd = root, program = currentProgram } = options;
  const child = spawn(process.execPath, [program, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const done = new Promise<Awaited<Run['done']>>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    stderr: () => stderr,
    says: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!stdout.includes(text) && !stderr.includes(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        child.once('close', () => reject(new Error(`ended without saying ${text}: ${stdout}${stderr}`)));
        check();
      }),
    done,
  };
}

export async function runCli(...start: Parameters<typeof startCli>): Promise<Awaited<Run['done']>> {
  return startCli(...start).done;
}
