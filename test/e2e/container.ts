import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

interface Ended {
  readonly code: number;
  readonly text: string;
}

/** A program in a container. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves with the first line that it prints, or with undefined if it ends without one. */
  firstLine(): Promise<string | undefined>;
  kill(): void;
}

/** A container as far as it matters here: a network and mounts of its own. */
export interface Container {
  /** Runs a program in it to its end. */
  run(program: string, ...args: readonly string[]): Promise<Ended>;
  /** Starts a program in it that goes on. */
  start(program: string, ...args: readonly string[]): Running;
  close(): Promise<void>;
}

const unshare = ['--user', '--map-root-user', '--net', '--mount', 'sh', '-ec'];

/** Where the folder is mounted. */
export const mounted = '/mnt';

/** Why there can be no container here; undefined if there can be. */
export async function whyNoContainer(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'only Linux has network namespaces';
  const { exitCode } = await execa('unshare', [...unshare, 'ip link set lo up; mount -t tmpfs none /mnt'], {
    reject: false,
  });
  return exitCode === 0 ? undefined : 'no network and mounts of its own can be had (unshare, ip)';
}

/** Starts a container in which `folder` is mounted, if any, and `hidden` is empty. */
export async function startContainer(options: {
  readonly folder?: string;
  readonly hidden: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<Container> {
  const { folder, hidden, env } = options;
  const mount = folder === undefined ? ':' : `mount --bind "$1" ${mounted}`;
  const script = `ip link set lo up; ${mount}; mount -t tmpfs none "$2"; cd /; echo ready; exec sleep infinity`;
  const first = spawn('unshare', [...unshare, script, 'sh', folder ?? '', hidden], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(first.stdout), 'line');
  const enter = ['--target', String(first.pid), '--user', '--net', '--mount', '--preserve-credentials'];
  const started = new Set<Running>();
  const start: Container['start'] = (program, ...args) => {
    const child = execa('nsenter', [...enter, '--wd=/', program, ...args], {
      env,
      extendEnv: false,
      reject: false,
      all: true,
    });
    const running: Running = {
      ended: child.then(({ exitCode = -1, all }) => ({ code: exitCode, text: all })),
      async firstLine() {
        for await (const line of createInterface(child.all)) return line;
        return undefined;
      },
      kill: () => void child.kill('SIGKILL'),
    };
    started.add(running);
    return running;
  };
  return {
    start,
    run: (...args) => start(...args).ended,
    async close() {
      for (const one of started) one.kill();
      const ended = once(first, 'close');
      first.kill('SIGKILL');
      await ended;
    },
  };
}
