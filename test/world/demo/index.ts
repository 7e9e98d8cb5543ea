import { parseArgs } from 'node:util';
import { openUrl } from '../../../main/agent/open-url.ts';
import { startWorld } from '../world.ts';
import { checkMainJob } from './check.ts';
import { createCommandLine } from './command-line.ts';
import { keepRunning } from './keep-running.ts';
import { startPlainFront } from './plain-front.ts';

/**
 * `npm run demo`: the world in a sandboxed home and the app on it, kept until Ctrl-C. Pages are opened in the person's
 * own browser. With `--check` the main job is done without a person, each step printed with its time; the exit code
 * says whether all went well; `--program FILE` is then the command line, a single executable. With `--releases` there is a release feed, and a command that publishes to it is printed.
 */
const { values } = parseArgs({
  options: { check: { type: 'boolean' }, releases: { type: 'boolean' }, program: { type: 'string' } },
});
if (values.program !== undefined && values.check !== true)
  throw new Error('--program goes with --check: an executable is in the world only where its caller is.');
const started = performance.now();
const world = await startWorld({ releases: values.releases });
const front = await startPlainFront({
  world,
  open(address) {
    console.log(`\nOpening ${address}`);
    openUrl(address, process.env).catch((error: Error) => console.log(error.message));
  },
});
const commandLine = await createCommandLine(
  world,
  values.check === true ? {} : { BROWSER: front.command },
  values.program,
);
let ending: Promise<void> | undefined;

/** Ends the agent, then the world with its home: nothing is left behind, however the demo ends. */
const end = (): Promise<void> => {
  ending ??= (async () => {
    await commandLine.stop();
    await front.close();
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
