import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium, type Locator, type Page } from 'playwright-core';
import { pathsFrom } from '../../main/agent/paths.ts';
import { openConnection } from '../../main/api/socket/client.ts';
import { serveWindow } from '../../main/web/serve.ts';
import { startChromium } from '../e2e/chromium.ts';
import { median, percentile, type Row } from './row.ts';
import { startWorldProcess } from './world-process.ts';

const run = promisify(execFile);
const out = path.resolve(import.meta.dirname, '..', '..', 'out');
const queries = ['eu-west-1', 'prod', 'cluster 77', 'xqzw', 'staging us'];
const commands = ['connect cluster 7', 'open us-west', 'group', 'xqzw'];
const frameMs = 1000 / 60;

/** The window of a user with thousands of clusters, in a browser without a screen. */
export async function* manyClusters(executable: string, small: boolean): AsyncIterable<Row> {
  const clusters = small ? 100 : 5_000;
  const starts = small ? 1 : 7;
  const world = await startWorldProcess({ accounts: 20, clusters });
  const { env } = world;
  const program = path.join(out, 'cli', 'k8s-tunnels.cjs');
  const tunnels = (...args: string[]) =>
    run(process.execPath, [program, ...args, '--json'], { env, maxBuffer: 200_000_000 });
  await tunnels('discover');
  const paths = pathsFrom(env);
  const { socket, state } = paths;
  const server = await serveWindow({
    env,
    paths,
    folder: path.join(out, 'renderer'),
    connect: async () => {
      const connection = await openConnection({ path: socket, state });
      if (connection === undefined) throw new Error('the agent has gone');
      return connection;
    },
  });
  const started = await startChromium(executable);
  const browser = await chromium.connectOverCDP(started.endpoint);
  const page = await (await browser.newContext({ viewport: { width: 440, height: 680 } })).newPage();
  const name = `${clusters} clusters`;
  const atOnce = { name: 'what feels instant', figure: 50 };
  try {
    yield {
      name: `${name}: start of the page to the first rows painted, median of ${starts}`,
      unit: 'ms',
      ours: median(await firstRows(page, server.issueAddress(), starts)),
      reference: { name: 'what does not feel like waiting', figure: 1000 },
      goal: { atMost: 1 },
    };
    const search = page.getByRole('searchbox');
    await search.focus();
    const keys = await keystrokes(page, search, queries);
    yield {
      name: `${name}: key pressed to the list of hits painted, p95 of ${keys.length}`,
      unit: 'ms',
      ours: percentile(keys, 0.95),
      reference: atOnce,
      goal: { atMost: 1 },
    };
    const bar = await keystrokes(page, search, commands);
    yield {
      name: `${name}: key of a command pressed to the choices painted, p95 of ${bar.length}`,
      unit: 'ms',
      ours: percentile(bar, 0.95),
      reference: atOnce,
      goal: { atMost: 1 },
    };
    await page.keyboard.press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'detached' });
    const frames = await scrolled(page, small ? 20 : 300);
    const late = frames.filter((ms) => ms > 1.5 * frameMs).length;
    yield {
      name: `${name}: frames that came late while scrolling, of ${frames.length}`,
      unit: '%',
      ours: (100 * late) / frames.length,
    };
    yield {
      name: `${name}: slowest frame while scrolling`,
      unit: 'ms',
      ours: Math.max(...frames),
      reference: { name: '1/60 s', figure: frameMs },
    };
    yield { name: `${name}: heap of the page, after a collection`, unit: 'MB', ours: await heapMb(page) };
    yield { name: 'scripts and styles of the window, gzip', unit: 'kB', ours: await bundleKb() };
  } finally {
    await browser.close();
    await started.close();
    await server.close();
    await tunnels('quit');
    await world.stop();
  }
}

async function firstRows(page: Page, address: string, starts: number): Promise<number[]> {
  await page.addInitScript(() => {
    const look = () => {
      if (document.querySelector('.row') === null) requestAnimationFrame(look);
      else setTimeout(() => Object.assign(window, { paintedAt: performance.now() }));
    };
    requestAnimationFrame(look);
  });
  const took: number[] = [];
  for (let at = 0; at <= starts; at += 1) {
    await (at === 0 ? page.goto(address) : page.reload());
    const painted = await page.waitForFunction(() => (window as { paintedAt?: number }).paintedAt);
    // The first one fills the browser's cache.
    if (at > 0) took.push(Number(await painted.jsonValue()));
  }
  return took;
}

/** From each key to the end of the frame that shows what it found, ms. `field` has the focus. */
async function keystrokes(page: Page, field: Locator, typed: readonly string[]): Promise<number[]> {
  await page.evaluate(() => {
    const isHeard = 'took' in window;
    const took: number[] = [];
    Object.assign(window, { took });
    if (isHeard) return;
    document.addEventListener(
      'keydown',
      ({ timeStamp }) => {
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () =>
            (window as unknown as { took: number[] }).took.push(performance.now() - timeStamp);
          port2.postMessage(undefined);
        });
      },
      true,
    );
  });
  const took = () => page.evaluate(() => (window as unknown as { took: number[] }).took);
  await field.waitFor();
  let pressed = 0;
  for (const query of typed)
    for (const key of [...query, ...[...query].map(() => 'Backspace')]) {
      await page.keyboard.press(key);
      pressed += 1;
      while ((await took()).length < pressed) await page.waitForTimeout(1);
    }
  if ((await field.inputValue()) !== '') throw new Error('what was typed was not cleared');
  return took();
}

/** The time between one frame and the next, ms. */
function scrolled(page: Page, scrollFrames: number): Promise<number[]> {
  return page.locator('.clusters').evaluate(
    (list, count) =>
      new Promise<number[]>((resolve) => {
        const took: number[] = [];
        let last: number | undefined;
        const step = (now: number) => {
          if (last !== undefined) took.push(now - last);
          last = now;
          list.scrollTop += 120;
          if (took.length < count) requestAnimationFrame(step);
          else resolve(took);
        };
        requestAnimationFrame(step);
      }),
    scrollFrames,
  );
}

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

async function bundleKb(): Promise<number> {
  const folder = path.join(out, 'renderer', 'assets');
  const files = (await readdir(folder)).filter((file) => /\.(js|css)$/.test(file));
  const sizes = await Promise.all(
    files.map(async (file) => gzipSync(await readFile(path.join(folder, file))).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1e3;
}
