import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathsFrom } from '../../../main/agent/paths.ts';
import type { Output } from '../../../main/api/contract.ts';
import { connectAgent } from '../../../main/api/socket/client.ts';
import { exitCodes } from '../../../main/cli/exit-codes.ts';
import type { World } from '../world.ts';
import { installSandboxedProgram } from './sandboxed-program.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The programs of a person's terminal in the world: the built command line, and kubectl where there is one. */
export interface CommandLine {
  readonly env: Readonly<Record<string, string>>;
  /** For PATH: holds `k8s-tunnels`, which works in the world from any terminal. */
  readonly bin: string;
  /** Absolute path of kubectl, or undefined. */
  readonly kubectl: string | undefined;
  run(program: string, args: readonly string[]): Promise<Ran>;
  /** Runs `k8s-tunnels … --json`. Rejects with what it printed when it fails. */
  tunnels<T>(...args: readonly string[]): Promise<T>;
  /**
   * What the agent that runs shows, over its socket: for a wait, which asks again and again, and a command takes a tenth
   * of a second of CPU. Rejects where no agent runs.
   */
  snapshot(): Promise<Output<'snapshot'>>;
  /** A process that goes on, with the lines it prints. */
  follow(program: string, args: readonly string[]): Following;
  /** Ends the agent and every process that is followed. */
  stop(): Promise<void>;
}

export interface Following {
  readonly child: ChildProcess;
  /** Resolves when a line that matches has been printed; rejects when the process ends first or after `limitMs`. */
  line(pattern: RegExp, limitMs?: number): Promise<string>;
  stop(): void;
}

/**
 * `extra` goes into the environment over the world's own. `executable` is a single executable to use in place of the built
 * command line; it is in the world only where its caller is.
 */
export async function createCommandLine(
  world: World,
  extra: Readonly<Record<string, string>> = {},
  executable?: string,
): Promise<CommandLine> {
  const kubectl = await findKubectl();
  // A folder of its own on PATH: what the demo prints to paste works from any terminal.
  const root = path.dirname(world.home);
  const bin = path.join(root, 'bin');
  await mkdir(bin, { recursive: true });
  const shim = path.join(bin, 'k8s-tunnels');
  const env = {
    ...world.env,
    ...extra,
    PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`,
    LANG: process.env.LANG ?? 'C.UTF-8',
  };
  const command =
    executable === undefined
      ? [process.execPath, await installSandboxedProgram({ folder: path.join(root, 'k8s-tunnels'), env })]
      : [path.resolve(executable)];
  await writeFile(shim, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  const followed = new Set<ChildProcess>();

  const run: CommandLine['run'] = (program, args) =>
    new Promise((resolve, reject) => {
      execFile(program, args, { env, cwd: world.home, timeout: 60_000 }, (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error);
        else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });

  return {
    env,
    bin,
    kubectl,
    run,
    async tunnels(...args) {
      const { code, stdout, stderr } = await run(shim, [...args, '--json']);
      // What a location could not say leaves the rest of the answer, and its own exit code.
      if (code !== 0 && code !== exitCodes.partial)
        throw new Error(`k8s-tunnels ${args.join(' ')} exited with ${code}\n${stdout}${stderr}`);
      return JSON.parse(stdout) as never;
    },
    async snapshot() {
      const { socket, state } = pathsFrom(env);
      const client = await connectAgent({ path: socket, state });
      if (client === undefined) throw new Error('no agent runs');
      try {
        return await client.call('snapshot', {});
      } finally {
        client.close();
      }
    },
    follow(program, args) {
      const child = spawn(program, args, { env, cwd: world.home, stdio: ['ignore', 'pipe', 'pipe'] });
      followed.add(child);
      child.once('close', () => followed.delete(child));
      return following(child, `${path.basename(program)} ${args.join(' ')}`);
    },
    async stop() {
      for (const child of followed) child.kill();
      // As `k8s-tunnels quit`, which takes a tenth of a second of CPU to start.
      const { socket, state } = pathsFrom(env);
      const client = await connectAgent({ path: socket, state }).catch(() => undefined);
      if (client === undefined) return;
      const { pid } = client.agent;
      // An agent that ends for another reason does not answer.
      await client.call('quit', {}).catch(() => {});
      await client.ended;
      // Its connection ends a little before its process does, and until then it may write to its home.
      while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function following(child: ChildProcess, name: string): Following {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  let ended = false;
  const take = (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const look of waiting) look();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  child.once('close', () => {
    ended = true;
    for (const look of waiting) look();
  });
  return {
    child,
    line: (pattern, limitMs = 30_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && !ended) return;
          waiting.delete(look);
          clearTimeout(timeout);
          if (found === undefined) reject(new Error(`${name} ended; it had printed:\n${lines.join('\n')}`));
          else resolve(found);
        };
        const timeout = setTimeout(() => {
          ended = true;
          look();
        }, limitMs);
        waiting.add(look);
        look();
      }),
    stop: () => void child.kill(),
  };
}

/** `K8S_TUNNELS_KUBECTL`, else the first kubectl on PATH. */
async function findKubectl(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const names = [
    process.env.K8S_TUNNELS_KUBECTL ?? '',
    ...folders.map((folder) => path.join(folder, 'kubectl')),
  ];
  for (const name of names) {
    if (name === '') continue;
    const found = await access(name, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return undefined;
}
