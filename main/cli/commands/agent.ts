import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { pathsFrom } from '../../agent/paths.ts';
import { version } from '../../agent/version.ts';
import { AppError } from '../../model/app-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { loadAgentHost, packageFolder, planScript, programCommand } from '../program-file.ts';
import { reportError, writeLines } from '../report.ts';

/** Hosts the agent in this process until a signal, `quit` or idleness ends it. */
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
      planWorker: planScript(),
      onReady() {
        if (json) writeJson({ agent: { status: 'running', pid: process.pid, version } });
        else
          writeLines([
            `Agent ${version} is running (process ${process.pid}). Press Ctrl-C to close all tunnels and stop it.`,
          ]);
      },
    });
    if (hosted.kind === 'taken') {
      const { pid } = hosted;
      if (json) writeJson({ agent: { status: 'taken', pid, version: hosted.version } });
      else writeLines([`An agent is already running: ${hosted.version}, process ${pid}.`]);
      return exitCodes.ok;
    }
    // Exit explicitly: a handle that a library left open must not keep an unreachable agent alive.
    process.exit(exitCodes.ok);
  } catch (error) {
    return reportError(error, { json });
  }
}

function idleExitFrom(minutes: string | undefined): number | undefined {
  if (minutes === undefined) return undefined;
  const value = Number(minutes);
  if (value > 0 && Number.isFinite(value)) return value * 60_000;
  throw new AppError('bad-input', `--idle-exit is "${minutes}", which is not a number of minutes.`, {
    hint: 'Give it a number above 0, for example 30.',
  });
}
