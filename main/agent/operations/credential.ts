import { AppError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { mayOpenBrowser } from '../../model/may-open-browser.ts';
import type { Agent } from '../agent.ts';
import type { Connections } from '../connections/connections.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { apiServer, execCredential } from '../credentials/exec-credential.ts';
import type { SignIns } from '../credentials/sign-ins.ts';
import type { Environment } from '../parts.ts';
import type { Clusters } from './clusters.ts';

/** Returns an ExecCredential, and opens the tunnel at the same time. */
export function credentialOperation(options: {
  readonly clusters: Pick<Clusters, 'find'>;
  readonly credentials: Pick<Credentials, 'get'>;
  readonly signIns: SignIns;
  readonly connections: Pick<Connections, 'demand'>;
  readonly env: Environment;
  /** Called when a cluster's credential was given out. */
  readonly onAnswered?: (id: ClusterId) => void;
}): Agent['credential'] {
  const { clusters, credentials, signIns, connections, env, onAnswered = () => {} } = options;
  return async ({ cluster, execInfo, browser }) => {
    const [found] = await clusters.find([cluster]);
    if (found === undefined) throw new AppError('not-found', `There is no cluster ${cluster}.`);
    const interactive = mayOpenBrowser({ env, execInfo, browser });
    const [credential] = await Promise.all([
      signIns.through(interactive, () => credentials.get(found, apiServer(execInfo))),
      // kubectl asks before its first connection, which should find the port listening and the tunnel open.
      connections.demand(found.id, { interactive }),
    ]);
    const answer = execCredential(credential, execInfo);
    onAnswered(found.id);
    return answer;
  };
}
