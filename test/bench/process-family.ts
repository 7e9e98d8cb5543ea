import { readdir, readFile } from 'node:fs/promises';

/** What a program and all that it has started take, on Linux. */
export interface Footprint {
  /** Memory that is not shared, and its share of what is, MB. */
  readonly pssMb: number;
  /** Since their start. */
  readonly cpuMs: number;
  /** How often their threads went to sleep since their start. */
  readonly wakeUps: number;
  readonly processes: readonly {
    readonly kind: string;
    readonly pssMb: number;
    readonly wakeUps: number;
    readonly cpuMs: number;
  }[];
}

/** Reads it of the process and its descendants. */
export async function footprintOf(pid: number): Promise<Footprint> {
  const processes = await Promise.all((await familyOf(pid)).map(readOne));
  const sum = (of: (one: (typeof processes)[number]) => number) =>
    processes.reduce((total, one) => total + of(one), 0);
  return {
    pssMb: sum(({ pssMb }) => pssMb),
    cpuMs: sum(({ cpuMs }) => cpuMs),
    wakeUps: sum(({ wakeUps }) => wakeUps),
    processes,
  };
}

const read = (file: string) => readFile(`/proc/${file}`, 'utf8').catch(() => '');

/** A tick of the kernel's clock in /proc, ms. */
const tickMs = 10;

async function readOne(pid: number) {
  const [stat, memory, command, tasks] = await Promise.all([
    read(`${pid}/stat`),
    read(`${pid}/smaps_rollup`),
    read(`${pid}/cmdline`),
    readdir(`/proc/${pid}/task`).catch(() => []),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const switches = await Promise.all(
    tasks.map(async (task) => {
      const status = await read(`${pid}/task/${task}/status`);
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    }),
  );
  return {
    kind: /--utility-sub-type=([\w.]+)/.exec(command)?.[1] ?? /--type=([\w-]+)/.exec(command)?.[1] ?? 'main',
    pssMb: Number(/^Pss:\s+(\d+)/m.exec(memory)?.[1] ?? 0) / 1024,
    cpuMs: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMs,
    wakeUps: switches.reduce((total, one) => total + one, 0),
  };
}

async function familyOf(pid: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((one) => one > 0);
  const parents = new Map(
    await Promise.all(
      pids.map(
        async (one) => [one, Number(/^PPid:\s+(\d+)/m.exec(await read(`${one}/status`))?.[1])] as const,
      ),
    ),
  );
  const family = new Set([pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const [one, parent] of parents) if (family.has(parent)) family.add(one);
  }
  return [...family];
}
