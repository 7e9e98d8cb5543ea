import { pathsFrom } from '../../agent/paths.ts';
import { connectAgent } from '../../api/socket/client.ts';
import { exitCodes } from '../exit-codes.ts';
import { startProgress } from '../progress.ts';
import { reportError, writeJson, writeLines } from '../report.ts';

/** Disconnects everything and ends the agent; the one command that starts none. */
export async function runQuit({ json }: { readonly json: boolean }): Promise<number> {
  const progress = startProgress();
  try {
    const { socket, state } = pathsFrom(process.env);
    const client = await connectAgent({ path: socket, state });
    if (client === undefined) {
      progress.end();
      if (json) writeJson({ pid: null });
      else writeLines(['No agent runs.']);
      return exitCodes.ok;
    }
    progress.update('Disconnecting');
    const result = await client.call('quit', {});
    // It is gone when the connection is.
    await client.ended;
    progress.end();
    if (json) writeJson(result);
    else writeLines([`The agent (process ${result.pid}) has ended; nothing is connected.`]);
    return exitCodes.ok;
  } catch (error) {
    progress.end();
    return reportError(error, { json });
  }
}
