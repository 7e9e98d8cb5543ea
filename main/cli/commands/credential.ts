import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Paths, pathsFrom } from '../../agent/paths.ts';
import { connectAgent } from '../../api/socket/client.ts';
import type { AppError } from '../../model/app-error.ts';
import { hasBrowser } from '../../model/may-open-browser.ts';
import { callerEnvironment } from '../caller-environment.ts';
import { exitCodes } from '../exit-codes.ts';
import { reachAgent } from '../reach-agent.ts';
import { reportError, writeJson } from '../report.ts';

/** After this time, explains to the user what kubectl is waiting for. */
const patienceMs = 1_000;

/**
 * Prints an ExecCredential for kubectl. Every kubectl command waits for it, so it runs without the command line's
 * parser and imports only what it needs.
 */
export async function runCredential(cluster: string, { json }: { readonly json: boolean }): Promise<number> {
  const { env } = process;
  try {
    const paths = pathsFrom(env);
    const { KUBERNETES_EXEC_INFO: execInfo } = env;
    const running = await connectAgent({ path: paths.socket, state: paths.state });
    if (running === undefined && isAlone(paths)) {
      const { loadAgentHost } = await import('../program-file.ts');
      const { answerAlone } = await loadAgentHost();
      writeJson(await answerAlone({ env, paths }, { cluster, execInfo }));
      return exitCodes.ok;
    }
    let client = running ?? (await reachAgent({ paths, env }));
    const noteLogins = async () => (await import('../login-wait.ts')).noteLogins(client);
    const patience = setTimeout(() => void noteLogins().catch(() => {}), patienceMs);
    try {
      const ask = () =>
        client.call('credential', {
          cluster,
          ...(execInfo === undefined ? {} : { execInfo }),
          ...(hasBrowser(env) ? {} : { browser: false }),
          environment: callerEnvironment(),
        });
      writeJson(
        await ask().catch(async (error: AppError) => {
          if (error.code !== 'agent-handing-over') throw error;
          await client.ended;
          client = await reachAgent({ paths, env });
          return ask();
        }),
      );
    } finally {
      clearTimeout(patience);
      client.close();
    }
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, { json }, ' ');
  }
}

/** Reads the setting `credentialStartsAgent` without loading the settings library. */
function isAlone({ config }: Paths): boolean {
  try {
    // Windows editors write a byte order mark, which `trim` removes.
    return (
      JSON.parse(readFileSync(join(config, 'settings.json'), 'utf8').trim()).credentialStartsAgent === false
    );
  } catch {
    return false;
  }
}
