import type { LoginView } from '../../agent/logins/account.ts';
import { pathsFrom } from '../../agent/paths.ts';
import type { Client } from '../../api/socket/client.ts';
import { exitCodes } from '../exit-codes.ts';
import { reachAgent } from '../reach-agent.ts';
import { reportError, writeAside, writeJson } from '../report.ts';
import { printable } from '../terminal.ts';

/** A person who looks at a kubectl that waits for longer is told what for. */
const patienceMs = 1_000;

/**
 * What kubectl runs: prints an ExecCredential. Every kubectl command waits for it, so it is reached without the
 * parser of the command line, and nothing is imported here that is not needed.
 */
export async function runCredential(cluster: string, { json }: { readonly json: boolean }): Promise<number> {
  const { env } = process;
  try {
    const client = await reachAgent({ paths: pathsFrom(env), env });
    const { KUBERNETES_EXEC_INFO: execInfo } = env;
    const patience = setTimeout(() => void tellOfLogin(client).catch(() => {}), patienceMs);
    try {
      writeJson(
        await client.call('credential', { cluster, ...(execInfo === undefined ? {} : { execInfo }) }),
      );
    } finally {
      clearTimeout(patience);
      client.close();
    }
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, { json });
  }
}

/** Says once that it is the person who is waited for. */
async function tellOfLogin(client: Client): Promise<void> {
  let isTold = false;
  const tell = ([login]: readonly LoginView[]) => {
    if (isTold || login === undefined) return;
    isTold = true;
    writeAside([`Waiting for you to sign in to ${printable(login.title)} in the browser …`]);
  };
  const { logins } = await client.subscribe((change) => {
    if (change.kind === 'logins') tell(change.logins);
  });
  tell(logins);
}
