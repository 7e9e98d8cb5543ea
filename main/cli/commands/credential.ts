import { pathsFrom } from '../../agent/paths.ts';
import { exitCodes } from '../exit-codes.ts';
import { reachAgent } from '../reach-agent.ts';
import { reportError, writeJson } from '../report.ts';

/**
 * What kubectl runs: prints an ExecCredential. Every kubectl command waits for it, so it is reached without the
 * parser of the command line, and nothing is imported here that is not needed.
 */
export async function runCredential(cluster: string, { json }: { readonly json: boolean }): Promise<number> {
  const { env } = process;
  try {
    const client = await reachAgent({ paths: pathsFrom(env), env });
    const { KUBERNETES_EXEC_INFO: execInfo } = env;
    try {
      writeJson(
        await client.call('credential', { cluster, ...(execInfo === undefined ? {} : { execInfo }) }),
      );
    } finally {
      client.close();
    }
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, { json });
  }
}
