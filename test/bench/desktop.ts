import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathsFrom } from '../../main/agent/paths.ts';
import { connectAgent } from '../../main/api/socket/client.ts';
import { findElectron, type RealElectron } from '../electron/find-electron.ts';
import { type CdpPage, cdpPage, until } from '../electron/package/cdp-page.ts';
import { packElectron } from '../packaging/pack-electron.ts';
import { startSoakWorld } from '../soak/world.ts';
import { installCloudflared } from '../world/cloudflared/install.ts';
import { headlessSession } from './headless-session.ts';
import type { BenchOptions } from './options.ts';
import { type Footprint, footprintOf } from './process-family.ts';
import { median, type Row } from './row.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const asked = (figure: number) => ({ reference: { name: 'the goal', figure }, goal: { atMost: 1 } }) as const;

/** The packed app beside an empty Electron of the same version, with a window each: memory, wake-ups, first paint, size. */
export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const electron = await findElectron().catch((error: unknown) => {
    console.error(`desktop: ${String(error)}`);
    return undefined;
  });
  if (electron === undefined) return;
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-desktop-'));
  const session = await headlessSession();
  try {
    const packed = await copyOf(await pack(folder, electron), path.join(folder, 'ours'));
    const empty = await makeEmpty(path.join(folder, 'empty'), electron);
    // A program of its own: what two processes share counts half in each.
    const another = await makeEmpty(path.join(folder, 'another'), electron);
    yield {
      name: 'packed, without Electron',
      unit: 'MB',
      ours: await addedMb(packed, electron.dist),
      ...asked(120),
    };
    yield* measure({ packed, empty, another, electron, session: session.env, small });
  } finally {
    session.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function* measure(options: {
  readonly packed: string;
  readonly empty: string;
  readonly another: string;
  readonly electron: RealElectron;
  readonly session: Readonly<Record<string, string>>;
  readonly small: boolean;
}): AsyncIterable<Row> {
  const { packed, empty, another, electron, session, small } = options;
  const [idleMs, rounds, count, starts] = small ? [3_000, 1, 5, 1] : [60_000, 3, 50, 5];
  const world = await startSoakWorld(count);
  const env = { ...world.env, ...session, TERM: 'dumb' };
  const flags = electron.noSandbox === undefined ? [] : ['--no-sandbox'];
  const start = (program: string) => startApp(program, { flags, env });
  try {
    const paints: Record<'ours' | 'empty', number[]> = { ours: [], empty: [] };
    for (let round = 0; round < starts; round += 1)
      for (const [name, program] of [
        ['empty', empty],
        ['ours', packed],
      ] as const) {
        const app = await start(program);
        paints[name].push(app.firstPaintMs);
        await app.stop();
      }
    const firstPaint = median(paints.ours) - median(paints.empty);
    yield { name: 'first paint, over an empty Electron', unit: 'ms', ours: firstPaint, ...asked(300) };

    const [base, app] = [await start(empty), await start(packed)];
    const { socket, state } = pathsFrom(env);
    const agent = await connectAgent({ path: socket, state });
    if (agent === undefined) throw new Error('it hosts no agent');
    await agent.call('discover', {});
    // Somebody works in another window, beside them: a field with the focus draws its caret twice a second.
    const other = await start(another);
    for (const { page } of [base, app, other]) page.close();
    const rest = () => atRest({ ours: app.pid, empty: base.pid }, { ms: idleMs, times: rounds });
    const nothing = await rest();
    yield {
      name: 'nothing open: memory over an empty Electron',
      unit: 'MB',
      ours: nothing.ours.pssMb - nothing.empty.pssMb,
      ...asked(40),
    };
    yield {
      name: 'nothing open: wake-ups',
      unit: 'per s',
      ours: nothing.ours.perSecond,
      reference: { name: 'an empty Electron', figure: nothing.empty.perSecond },
      goal: { atMost: 1.5 },
    };
    const { results } = await agent.call('connect', {
      clusters: [...world.names],
      mode: 'add',
      production: true,
    });
    const tunnels = `${results.filter(({ status }) => status === 'connected').length} tunnels`;
    const many = await rest();
    yield {
      name: `${tunnels}: memory over an empty Electron`,
      unit: 'MB',
      ours: many.ours.pssMb - many.empty.pssMb,
      ...asked(90),
    };
    yield { name: `${tunnels}: of a core`, unit: '%', ours: many.ours.percent, ...asked(1) };
    for (const one of [other, base, app]) await one.stop();
  } finally {
    await world.close();
  }
}

interface Rest {
  readonly pssMb: number;
  /** Of a core. */
  readonly percent: number;
  /** Wake-ups. */
  readonly perSecond: number;
}

/** What programs take at the same time, a number of times: the median of each figure. Tells each time on stderr. */
async function atRest<K extends string>(
  pids: Readonly<Record<K, number>>,
  { ms, times }: { readonly ms: number; readonly times: number },
): Promise<Readonly<Record<K, Rest>>> {
  const names = Object.keys(pids) as K[];
  const all = new Map(names.map((name) => [name, [] as Rest[]]));
  await sleep(Math.min(ms, 30_000));
  for (let time = 0; time < times; time += 1) {
    const look = () => Promise.all(names.map((name) => footprintOf(pids[name])));
    const before = await look();
    await sleep(ms);
    const after = await look();
    for (const [at, name] of names.entries()) {
      const [was, is] = [before[at], after[at]];
      if (was === undefined || is === undefined) continue;
      const per = (of: (one: Footprint) => number) => ((of(is) - of(was)) * 1_000) / ms;
      const rest = {
        pssMb: is.pssMb,
        percent: per(({ cpuMs }) => cpuMs) / 10,
        perSecond: per(({ wakeUps }) => wakeUps),
      };
      all.get(name)?.push(rest);
      console.error(`desktop: ${name}: ${inWords(rest)}: ${parts(was, is, ms).join('; ')}`);
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const middle = (of: (one: Rest) => number) => median((all.get(name) ?? []).map(of));
      return [
        name,
        {
          pssMb: middle(({ pssMb }) => pssMb),
          percent: middle(({ percent }) => percent),
          perSecond: middle(({ perSecond }) => perSecond),
        },
      ];
    }),
  ) as Record<K, Rest>;
}

const inWords = ({ pssMb, percent, perSecond }: Rest) =>
  `${pssMb.toFixed(1)} MB, ${percent.toFixed(2)} % of a core, ${perSecond.toFixed(1)} wake-ups a second`;

/** The same of each process. */
const parts = (before: Footprint, after: Footprint, ms: number): string[] =>
  after.processes.map(({ kind, pssMb, wakeUps, cpuMs }, at) => {
    const was = before.processes[at] ?? { wakeUps, cpuMs };
    const rest = {
      pssMb,
      percent: ((cpuMs - was.cpuMs) * 100) / ms,
      perSecond: ((wakeUps - was.wakeUps) * 1_000) / ms,
    };
    return `${kind} ${inWords(rest)}`;
  });

async function startApp(
  program: string,
  options: {
    readonly flags: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<{ pid: number; page: CdpPage; firstPaintMs: number; stop(): Promise<void> }> {
  const startedAt = Date.now();
  const args = ['--remote-debugging-port=0', '--enable-logging=stderr', '--disable-gpu', ...options.flags];
  const child = spawn(program, args, { env: options.env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const port = await until(() => {
    const [, found] = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said) ?? [];
    if (found === undefined) throw new Error(`it does not listen: ${said.slice(-1_000)}`);
    return found;
  });
  const page = await cdpPage(port);
  const painted = await until(async () => {
    const at = await page.evaluate<number | null>(
      `(([entry]) => entry ? performance.timeOrigin + entry.startTime : null)(performance.getEntriesByName('first-contentful-paint'))`,
    );
    if (at === null) throw new Error('it has painted nothing');
    return at;
  });
  return {
    pid: child.pid ?? 0,
    page,
    firstPaintMs: painted - startedAt,
    async stop() {
      page.close();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function pack(folder: string, electron: RealElectron): Promise<string> {
  const cloudflared =
    process.env.K8S_TUNNELS_CLOUDFLARED ?? (await installCloudflared(path.join(folder, 'double')));
  const dist = await packElectron({ folder, electron, cloudflared, targets: ['dir'] });
  return path.join(dist, 'linux-unpacked', 'k8s-tunnels');
}

/** The program in a copy of its folder. How a file was written decides how much of it is mapped; all are written alike. */
async function copyOf(program: string, folder: string): Promise<string> {
  await cp(path.dirname(program), folder, { recursive: true });
  return path.join(folder, path.basename(program));
}

async function makeEmpty(folder: string, { dist }: RealElectron): Promise<string> {
  await cp(dist, folder, { recursive: true });
  const app = path.join(folder, 'resources', 'app');
  await mkdir(app, { recursive: true });
  await writeFile(path.join(app, 'package.json'), JSON.stringify({ name: 'empty', main: 'main.cjs' }));
  const main = path.resolve(import.meta.dirname, '..', 'electron', 'inside', 'empty-app.cjs');
  await copyFile(main, path.join(app, 'main.cjs'));
  return path.join(folder, 'electron');
}

/** What the package has more than Electron's own folder, MB: languages that it leaves out do not count. */
async function addedMb(program: string, electron: string): Promise<number> {
  const [ours, theirs] = await Promise.all([sizes(path.dirname(program)), sizes(electron)]);
  let bytes = 0;
  for (const [name, size] of ours) if (!theirs.has(name) && name !== path.basename(program)) bytes += size;
  return bytes / 1e6;
}

async function sizes(folder: string): Promise<ReadonlyMap<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Map(
    await Promise.all(
      entries
        .filter((entry) => entry.isFile())
        .map(async (entry) => {
          const file = path.join(entry.parentPath, entry.name);
          return [path.relative(folder, file), (await stat(file)).size] as const;
        }),
    ),
  );
}
