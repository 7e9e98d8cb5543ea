import path from 'node:path';
import { chromium } from 'playwright-core';
import { pathsFrom } from '../../main/agent/paths.ts';
import { connectAgent, openConnection } from '../../main/api/socket/client.ts';
import { serveWindow } from '../../main/web/serve.ts';
import { findChromium, startChromium } from '../e2e/chromium.ts';
import { createCommandLine } from '../world/demo/command-line.ts';
import { startWorld } from '../world/world.ts';
import type { BenchOptions } from './options.ts';
import { median, type Row } from './row.ts';
import { manyClusters } from './window-many.ts';

const cluster = 'payments-staging-eu';

export async function* benchmark({ small }: BenchOptions): AsyncIterable<Row> {
  const executable = await findChromium();
  if (executable === undefined) throw new Error('there is no Chromium: set K8S_TUNNELS_CHROMIUM');
  yield* changesTold(executable, small ? 2 : 20);
  yield* manyClusters(executable, small);
}

/** How soon a change that one shell makes stands in the others, all on one agent. */
async function* changesTold(executable: string, changes: number): AsyncIterable<Row> {
  const world = await startWorld();
  const commandLine = await createCommandLine(world);
  await commandLine.tunnels('discover');
  const paths = pathsFrom(commandLine.env);
  const { socket, state } = paths;
  const agent = { path: socket, state };
  const [one, other] = await Promise.all([connectAgent(agent), connectAgent(agent)]);
  const server = await serveWindow({
    env: commandLine.env,
    paths,
    folder: path.resolve(import.meta.dirname, '..', '..', 'out', 'renderer'),
    connect: async () => {
      const connection = await openConnection(agent);
      if (connection === undefined) throw new Error('the agent has gone');
      return connection;
    },
  });
  const started = await startChromium(executable);
  const browser = await chromium.connectOverCDP(started.endpoint);
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.issueAddress());
  const star = page.getByRole('button', { name: `Favourite ${cluster}` });
  await star.waitFor();
  if (one === undefined || other === undefined) throw new Error('no agent runs');

  let heard = () => {};
  await other.subscribe((change) => {
    if (change.kind === 'set' && change.values.favourites) heard();
  });
  const toSocket: number[] = [];
  const toPage: number[] = [];
  for (let at = 0; at < changes; at += 1) {
    const on = at % 2 === 0;
    // Looked for anew each time: a row that goes to another section is another element.
    const shown = page.evaluate(
      ([label, wanted]) =>
        new Promise<void>((resolve) => {
          const look = () => {
            const button = document.querySelector(`button[aria-label="${label}"]`);
            if (button?.getAttribute('aria-pressed') === wanted) resolve();
            else requestAnimationFrame(look);
          };
          look();
        }),
      [`Favourite ${cluster}`, String(on)],
    );
    const start = performance.now();
    const told = new Promise<void>((resolve) => {
      heard = resolve;
    });
    await one.call('favourite', { cluster, on });
    await told;
    toSocket.push(performance.now() - start);
    await shown;
    toPage.push(performance.now() - start);
  }
  const reference = { name: 'what feels instant', figure: 200 };
  for (const [name, took] of [
    ['a change is told to another client', toSocket],
    ['a change is painted in the browser window', toPage],
  ] as const) {
    yield { name: `${name}, median`, unit: 'ms', ours: median(took), reference, goal: { atMost: 1 } };
    yield {
      name: `${name}, slowest of ${changes}`,
      unit: 'ms',
      ours: Math.max(...took),
      reference,
      goal: { atMost: 1 },
    };
  }
  one.close();
  other.close();
  await browser.close();
  await started.close();
  await server.close();
  await commandLine.stop();
  await world.close();
}
