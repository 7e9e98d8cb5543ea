import { afterAll, afterEach, beforeAll, beforeEach, type TestContext } from 'vitest';
import { type Chromium, findChromium, startChromium } from '../e2e/chromium.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';
import { type DoubleDriver, startDouble } from './double-driver.ts';

export interface Desktop {
  readonly world: World;
  readonly commandLine: CommandLine;
  readonly chromium: Chromium;
  /** Starts the app in the double; all are ended with the world. */
  start(...args: readonly string[]): Promise<DoubleDriver>;
  /** The same with more in its environment. */
  startWith(env: Readonly<Record<string, string>>): Promise<DoubleDriver>;
}

/**
 * A world for each test, or one for all tests of the group that asks for it, and a browser. Where there is no browser,
 * each is skipped.
 */
export function desktopFixture(
  options: { readonly lasts?: 'test' | 'group'; readonly world?: Parameters<typeof startWorld>[0] } = {},
): {
  of(context: TestContext): Desktop;
} {
  const [begin, end] = options.lasts === 'group' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  let chromium: Chromium | undefined;
  let world: World;
  let commandLine: CommandLine;
  let started: DoubleDriver[] = [];

  beforeAll(async () => {
    const executable = await findChromium();
    if (executable !== undefined) chromium = await startChromium(executable);
  });
  afterAll(() => chromium?.close());
  begin(async () => {
    world = await startWorld(options.world);
    commandLine = await createCommandLine(world);
  });
  end(async () => {
    await Promise.all(started.map((driver) => driver.kill()));
    started = [];
    await commandLine.stop();
    await world.close();
  });
  return {
    of(context) {
      const browser = chromium;
      if (browser === undefined) return context.skip('no Chromium: set K8S_TUNNELS_CHROMIUM');
      const startWith = async (env: Readonly<Record<string, string>>, args: readonly string[] = []) => {
        const driver = await startDouble({
          // As from a terminal: the login shell of whoever runs the tests is not asked.
          env: { ...commandLine.env, TERM: 'dumb', ...env },
          chromium: browser,
          args,
        });
        started.push(driver);
        return driver;
      };
      return {
        world,
        commandLine,
        chromium: browser,
        start: (...args) => startWith({}, args),
        startWith,
      };
    },
  };
}
