import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
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

export interface Footprint {
  readonly sockets: number;
  readonly residentMb: number;
  readonly cpuMs: number;
  /** Voluntary context switches of all its threads: each is a wake-up. */
  readonly wakeUps: number;
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
  /** The event loop's delay since the last call, p99 in ms; measures from the first call on, until `false` is given. */
  delay(goesOn?: boolean): Promise<number | undefined>;
  /** Open sockets by the operating system's count, resident memory, and what the process has taken so far. */
  footprint(): Promise<Footprint>;
  stop(): Promise<void>;
}

export async function startSoakAgent(world: Readonly<Record<string, string>>): Promise<SoakAgent> {
  const folder = world.XDG_RUNTIME_DIR ?? '';
  const inside = path.join(folder, 'inside.sock');
  const errors = path.join(folder, 'stderr.log');
  const env = { ...world, K8S_TUNNELS_SOAK_INSIDE: inside };
  // As JavaScript: Node's TypeScript support would take 17 MB of the agent's memory.
  const insideProgram = path.join(folder, 'inside-agent.mjs');
  const source = await readFile(path.join(import.meta.dirname, 'inside-agent.ts'), 'utf8');
  await writeFile(insideProgram, stripTypeScriptTypes(source));
  const child = spawn(process.execPath, ['--import', insideProgram, program, 'agent', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
  const askInside = async <T>(question: string): Promise<T> => {
    const asked = net.connect(inside);
    asked.write(question);
    const answer = JSON.parse(await text(asked)) as T & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
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
    held: () => askInside<Held>('held'),
    delay: async (goesOn = true) =>
      (await askInside<{ readonly p99?: number }>(goesOn ? 'delay' : 'no delay')).p99,
    footprint: () => footprintOf(pid),
    async stop() {
      client.close();
      if (end !== undefined) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** Of any process, by Linux's own count. */
export async function footprintOf(pid: number): Promise<Footprint> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const files = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  const threads = await readdir(`/proc/${pid}/task`);
  const switches = await Promise.all(
    threads.map(async (thread) => numberIn(await read(`task/${thread}/status`), 'voluntary_ctxt_switches')),
  );
  const stat = await read('stat');
  // The program's name, which may hold anything, is the second field and in brackets (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    residentMb: numberIn(await read('status'), 'VmRSS') / 1024,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
    wakeUps: switches.reduce((sum, count) => sum + count, 0),
  };
}

function numberIn(status: string, name: string): number {
  const line = status.split('\n').find((one) => one.startsWith(`${name}:`)) ?? '';
  return Number.parseInt(line.slice(name.length + 1), 10) || 0;
}
