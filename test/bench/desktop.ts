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
    const packed = await pack(folder, electron);
    const empty = await makeEmpty(path.join(folder, 'empty'), electron);
    yield {
      name: 'packed, without Electron',
      unit: 'MB',
      ours: await addedMb(packed, electron.dist),
      ...asked(120),
    };
    yield* measure({ packed, empty, electron, session: session.env, small });
  } finally {
    session.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function* measure(options: {
  readonly packed: string;
  readonly empty: string;
  readonly electron: RealElectron;
  readonly session: Readonly<Record<string, string>>;
  readonly small: boolean;
}): AsyncIterable<Row> {
  const { packed, empty, electron, session, small } = options;
  const [idleMs, count, starts] = small ? [3_000, 5, 1] : [60_000, 50, 5];
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

    const base = await start(empty);
    const bare = await atRest(base.pid, idleMs);
    await base.stop();
    const app = await start(packed);
    const { socket, state } = pathsFrom(env);
    const agent = await connectAgent({ path: socket, state });
    if (agent === undefined) throw new Error('it hosts no agent');
    await agent.call('discover', {});
    app.page.close();
    // Somebody works in another window, beside it: a field with the focus draws its caret twice a second.
    const other = await start(empty);
    other.page.close();
    const nothing = await atRest(app.pid, idleMs);
    yield {
      name: 'nothing open: memory over an empty Electron',
      unit: 'MB',
      ours: nothing.pssMb - bare.pssMb,
      ...asked(40),
    };
    yield {
      name: 'nothing open: wake-ups',
      unit: 'per s',
      ours: nothing.perSecond,
      reference: { name: 'an empty Electron', figure: bare.perSecond },
      goal: { atMost: 1.5 },
    };
    for (const [name, { parts }] of Object.entries({ empty: bare, ours: nothing }))
      for (const { kind, pssMb, perSecond } of parts)
        console.error(
          `desktop: ${name}: ${kind}: ${pssMb.toFixed(1)} MB, ${perSecond.toFixed(1)} wake-ups a second`,
        );

    const { results } = await agent.call('connect', {
      clusters: [...world.names],
      mode: 'add',
      production: true,
    });
    const tunnels = `${results.filter(({ status }) => status === 'connected').length} tunnels`;
    const many = await atRest(app.pid, idleMs);
    yield {
      name: `${tunnels}: memory over an empty Electron`,
      unit: 'MB',
      ours: many.pssMb - bare.pssMb,
      ...asked(90),
    };
    yield { name: `${tunnels}: of a core`, unit: '%', ours: many.percent, ...asked(1) };
    await other.stop();
    await app.stop();
  } finally {
    await world.close();
  }
}

async function atRest(pid: number, idleMs: number) {
  await sleep(Math.min(idleMs, 30_000));
  const before = await footprintOf(pid);
  await sleep(idleMs);
  const after = await footprintOf(pid);
  const seconds = idleMs / 1_000;
  const per = (of: (one: Footprint) => number) => (of(after) - of(before)) / seconds;
  return {
    pssMb: after.pssMb,
    percent: per(({ cpuMs }) => cpuMs) / 10,
    perSecond: per(({ wakeUps }) => wakeUps),
    parts: after.processes.map(({ kind, pssMb, wakeUps }, at) => ({
      kind,
      pssMb,
      perSecond: (wakeUps - (before.processes[at]?.wakeUps ?? wakeUps)) / seconds,
    })),
  };
}

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
