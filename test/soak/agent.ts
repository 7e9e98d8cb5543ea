import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pathsFrom } from '../../main/agent/paths.ts';
import { type Client, connectAgent } from '../../main/api/socket/client.ts';

const program = path.resolve(import.meta.dirname, '..', '..', 'out', 'cli', 'k8s-tunnels.cjs');

/** What an agent holds that is to be given back, each described in words. */
export interface Held {
  readonly sockets: readonly string[];
  readonly servers: readonly string[];
  readonly timers: readonly string[];
  readonly memory: NodeJS.MemoryUsage;
}

/** The built agent in a process of its own. */
export interface SoakAgent {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Its own socket, as a shell has it. */
  readonly client: Client;
  /** Undefined while it runs. */
  ended(): string | undefined;
  /** Lines of its log that tell of an error that nothing caught, and whatever it wrote to stderr. */
  complaints(): Promise<readonly string[]>;
  held(): Promise<Held>;
  /** Open sockets by the operating system's count, and resident memory, MB. */
  footprint(): Promise<{ readonly sockets: number; readonly residentMb: number }>;
  stop(): Promise<void>;
}

export async function startSoakAgent(world: Readonly<Record<string, string>>): Promise<SoakAgent> {
  const folder = world.XDG_RUNTIME_DIR ?? '';
  const inside = path.join(folder, 'inside.sock');
  const errors = path.join(folder, 'stderr.log');
  const env = { ...world, K8S_TUNNELS_SOAK_INSIDE: inside };
  const child = spawn(
    process.execPath,
    ['--import', path.join(import.meta.dirname, 'inside-agent.ts'), program, 'agent', '--json'],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stderr.pipe(createWriteStream(errors));
  let end: string | undefined;
  child.once('close', (code, signal) => {
    end = `it ended with ${signal ?? code}`;
  });
  await once(createInterface({ input: child.stdout }), 'line');
  const { socket, state } = pathsFrom(env);
  const client = await connectAgent({ path: socket, state });
  if (client === undefined || child.pid === undefined) throw new Error('the agent does not answer');
  const { pid } = child;
  return {
    child,
    pid,
    client,
    ended: () => end,
    async complaints() {
      const log = await readFile(path.join(state, 'agent.log'), 'utf8').catch(() => '');
      const stderr = await readFile(errors, 'utf8').catch(() => '');
      return [
        ...log.split('\n').filter((line) => /nothing caught|"level":(?:50|60)\b/.test(line)),
        ...stderr.split('\n').filter((line) => line !== ''),
      ];
    },
    async held() {
      const asked = net.connect(inside);
      asked.write('held');
      const answer = JSON.parse(await text(asked)) as Held & { readonly error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    },
    async footprint() {
      const files = await readdir(`/proc/${pid}/fd`);
      const links = await Promise.all(
        files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')),
      );
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return {
        sockets: links.filter((link) => link.startsWith('socket:')).length,
        residentMb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
      };
    },
    async stop() {
      client.close();
      if (end !== undefined) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
