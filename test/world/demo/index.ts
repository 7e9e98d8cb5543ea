import { parseArgs } from 'node:util';
import { startWorld } from '../world.ts';
import { checkMainJob } from './check.ts';
import { createCommandLine } from './command-line.ts';
import { keepRunning } from './keep-running.ts';

/**
 * `npm run demo`: the world and an agent in a sandboxed home, kept until Ctrl-C. With `--check` the main job is done
 * without a person, each step printed with its time; the exit code says whether all went well.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const started = performance.now();
const world = await startWorld();
const commandLine = await createCommandLine(world);
let ending: Promise<void> | undefined;

/** Ends the agent, then the world with its home: nothing is left behind, however the demo ends. */
const end = (): Promise<void> => {
  ending ??= (async () => {
    await commandLine.stop();
    await world.close();
  })();
  return ending;
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    void end().then(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}

try {
  if (values.check === true) process.exitCode = (await checkMainJob({ world, commandLine, started })) ? 0 : 1;
  else await keepRunning({ world, commandLine });
} finally {
  await end();
}
