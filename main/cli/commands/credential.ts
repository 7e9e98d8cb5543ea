import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LoginView } from '../../agent/logins/account.ts';
import { type Paths, pathsFrom } from '../../agent/paths.ts';
import { type Client, connectAgent } from '../../api/socket/client.ts';
import { exitCodes } from '../exit-codes.ts';
import { loginLine } from '../login-notes.ts';
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
    const paths = pathsFrom(env);
    const { KUBERNETES_EXEC_INFO: execInfo, K8S_TUNNELS_NO_BROWSER: noBrowser = '' } = env;
    const running = await connectAgent({ path: paths.socket, state: paths.state });
    if (running === undefined && isAlone(paths)) {
      const { loadAgentHost } = await import('../program-file.ts');
      const { answerAlone } = await loadAgentHost();
      writeJson(await answerAlone({ env, paths }, { cluster, execInfo }));
      return exitCodes.ok;
    }
    const client = running ?? (await reachAgent({ paths, env }));
    const patience = setTimeout(() => void tellOfLogin(client).catch(() => {}), patienceMs);
    try {
      writeJson(
        await client.call('credential', {
          cluster,
          ...(execInfo === undefined ? {} : { execInfo }),
          ...(noBrowser === '' ? {} : { browser: false }),
        }),
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

/** The setting, read without the library that keeps it. */
function isAlone({ config }: Paths): boolean {
  try {
    const settings = JSON.parse(readFileSync(path.join(config, 'settings.json'), 'utf8'));
    return settings.credentialStartsAgent === false;
  } catch {
    return false;
  }
}

/** Says that it is the person who is waited for, once for each place to sign in to. */
async function tellOfLogin(client: Client): Promise<void> {
  const told = new Set<string>();
  const tell = (logins: readonly LoginView[]) => {
    for (const login of logins) {
      const line =
        login.noBrowser === true || login.userCode !== undefined
          ? loginLine(login)
          : `Waiting for your sign-in to ${printable(login.title)} in the browser …`;
      if (!told.has(line)) writeAside([line]);
      told.add(line);
    }
  };
  const { logins } = await client.subscribe((change) => {
    if (change.kind === 'logins') tell(change.logins);
  });
  tell(logins);
}
