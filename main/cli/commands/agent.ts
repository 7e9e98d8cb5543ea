import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { pathsFrom } from '../../agent/paths.ts';
import { version } from '../../agent/version.ts';
import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { loadAgentHost, packageFolder, programCommand } from '../program-file.ts';
import { reportError, writeJson, writeLines } from '../report.ts';

/** Hosts the agent in this process until it is told to end. */
export async function runAgent(options: {
  readonly json: boolean;
  readonly idleExit: string | undefined;
}): Promise<number> {
  const { json } = options;
  const { env } = process;
  try {
    const idleExitMs = idleExitFrom(options.idleExit);
    const paths = pathsFrom(env);
    enableCompileCache(path.join(paths.state, 'compile-cache'));
    const { hostAgent } = await loadAgentHost();
    const hosted = await hostAgent({
      env,
      paths,
      idleExitMs,
      plugin: programCommand(),
      resources: packageFolder(),
      onReady() {
        if (json) writeJson({ agent: { status: 'running', pid: process.pid, version } });
        else
          writeLines([
            `agent ${version} runs (process ${process.pid}); Ctrl-C disconnects everything and ends it`,
          ]);
      },
    });
    if (hosted.kind === 'taken') {
      const { pid } = hosted;
      if (json) writeJson({ agent: { status: 'taken', pid, version: hosted.version } });
      else writeLines([`An agent runs already: ${hosted.version}, process ${pid}.`]);
      return exitCodes.ok;
    }
    // Nothing that a library left running may keep an agent alive that nobody can reach.
    process.exit(exitCodes.ok);
  } catch (error) {
    return reportError(error, { json });
  }
}

function idleExitFrom(minutes: string | undefined): number | undefined {
  if (minutes === undefined) return undefined;
  const value = Number(minutes);
  if (value > 0 && Number.isFinite(value)) return value * 60_000;
  throw new AppError('bad-input', `--idle-exit is "${minutes}", which is no number of minutes.`, {
    hint: 'Give it a number above 0, for example 30.',
  });
}
