import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Cluster, ClusterId } from '../../model/cluster.ts';
import { mayOpenBrowser } from '../../model/may-open-browser.ts';
import type { Access } from '../access/access.ts';
import type { Agent } from '../agent.ts';
import { type ProductionLocks, readOnlyProduction } from '../api-proxy/production-locks.ts';
import type { Caller } from '../callers/caller.ts';
import type { Callers } from '../callers/callers.ts';
import type { Connections } from '../connections/connections.ts';
import { apiServer, execCredential } from '../credentials/exec-credential.ts';
import type { Environment } from '../parts.ts';
import type { Clusters } from './clusters.ts';

type CredentialCaller = Pick<Caller, 'signIns' | 'discovery'> & {
  readonly credentials: Pick<Caller['credentials'], 'get'>;
};

/** Returns an ExecCredential, and opens the tunnel at the same time. */
export function credentialOperation(options: {
  readonly clusters: Pick<Clusters, 'find'>;
  readonly callers: Pick<Callers<CredentialCaller>, 'of'>;
  readonly connections: Pick<Connections, 'demand'>;
  /** A production cluster that opens read-only gives its credential to no client. */
  readonly locks: Pick<ProductionLocks, 'applies'>;
  readonly access: Pick<Access, 'logins' | 'teamOf'>;
  readonly env: Environment;
  /** Called when a cluster's credential was given out. */
  readonly onAnswered?: (id: ClusterId) => void;
}): Agent['credential'] {
  const { clusters, callers, connections, locks, access, env, onAnswered = () => {} } = options;
  /** Returns true while the login of the cluster's organisation is open in the browser. */
  const isSigningIn = ({ reach }: Cluster) =>
    reach.kind === 'tunnel' &&
    access.logins().some(({ authDomain }) => authDomain === access.teamOf(reach.hostname));
  const make: Agent['credential'] = async ({ cluster, execInfo, browser, environment }) => {
    const { credentials, signIns, discovery } = callers.of(environment);
    const [found] = await clusters.find([cluster], discovery);
    if (found === undefined) throw new AppError('not-found', `There is no cluster ${cluster}.`);
    if (locks.applies(found.id)) throw readOnlyProduction(found);
    const own = discovery?.own(found) ?? found;
    const interactive = mayOpenBrowser({ env, execInfo, browser });
    const [credential] = await Promise.all([
      signIns.through(interactive, () => credentials.get(own, apiServer(execInfo))),
      // kubectl asks before its first connection, which should find the port listening and the tunnel open. A caller that may
      // not open a browser joins a login that is already open there.
      connections.demand(found.id, {
        interactive: interactive || (mayOpenBrowser({ env, browser }) && isSigningIn(own)),
      }),
    ]);
    const answer = execCredential(credential, execInfo);
    onAnswered(found.id);
    return answer;
  };
  return (asked) =>
    make(asked).catch((error: unknown) => {
      const plain = toPlainError(error);
      // Its client shows nothing else: the error must say what to do.
      throw plain.hint === undefined
        ? new AppError(plain.code, plain.message, {
            hint: 'Run k8s-tunnels status to see why.',
            retryable: plain.retryable,
            cause: error,
          })
        : error;
    });
}
