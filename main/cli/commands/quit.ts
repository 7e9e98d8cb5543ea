import { pathsFrom } from '../../agent/paths.ts';
import { connectAgent } from '../../api/socket/client.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { startProgress } from '../progress.ts';
import { reportError, writeLines } from '../report.ts';

/** Closes all tunnels and stops the agent. The only command that never starts one. */
export async function runQuit({ json }: { readonly json: boolean }): Promise<number> {
  const progress = startProgress();
  try {
    const { socket, state } = pathsFrom(process.env);
    const client = await connectAgent({ path: socket, state });
    if (client === undefined) {
      progress.end();
      if (json) writeJson({ pid: null });
      else writeLines(['No agent is running.']);
      return exitCodes.ok;
    }
    progress.update('Disconnecting');
    const result = await client.call('quit', {});
    // The agent has exited when its connection closes.
    await client.ended;
    progress.end();
    if (json) writeJson(result);
    else writeLines([`Agent stopped (process ${result.pid}). All tunnels are closed.`]);
    return exitCodes.ok;
  } catch (error) {
    progress.end();
    return reportError(error, { json });
  }
}
