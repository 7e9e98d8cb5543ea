import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { ClusterApi } from './cluster-api.ts';
import type { Grant } from './grants.ts';
import type { Admitted } from './local-port.ts';
import { serveRequest } from './serve-request.ts';
import { type Status, statusOfError } from './status.ts';

/**
 * Returns the function that answers admitted requests within the session of their secret: it ends the secret
 * when that session is over, or when another user is signed in.
 */
export function withinSessions(options: {
  /** Ends the grants that `isEnding` says. Never rejects. */
  readonly end: (isEnding: (grant: Grant) => boolean) => Promise<void>;
  /** Stores whose session a grant belongs to. */
  readonly bind: (grant: Grant, owner: string) => Promise<void>;
  readonly titleOf: (grant: Grant) => string;
  /** Called when an entry needs another secret. */
  readonly onDue: () => void;
}): (api: ClusterApi, admitted: Admitted) => Promise<void> {
  const { end, bind, titleOf, onDue } = options;

  const checkOwner = async (api: ClusterApi, grant: Grant): Promise<void> => {
    const owner = await api.owner();
    if (owner === undefined || owner === grant.owner) return;
    if (grant.owner === undefined) return bind(grant, owner);
    await end(({ digest }) => digest === grant.digest);
    onDue();
    throw endedError(titleOf(grant));
  };

  return async (api, { exchange, grant, isHeld }) => {
    const withinSession = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        // A login would fix it: the session of the secret is over.
        if (error instanceof AppError && error.signIn !== undefined)
          await end(({ cluster }) => cluster === grant.cluster);
        throw error;
      }
    };
    try {
      await withinSession(() => checkOwner(api, grant));
    } catch (error) {
      return exchange.refuse(statusOfError(error));
    }
    await serveRequest(exchange, {
      credential: (refused) => withinSession(() => api.credential(refused)),
      upstream: api.upstream,
      isHeld,
    });
  };
}

/** Returns the answer to a secret of this cluster that has ended. */
export function endedStatus(title: string): Status {
  return statusOfError(endedError(title));
}

function endedError(title: string): AppError {
  return new AppError('kube-unauthorized', 'The session of this token has ended.', {
    hint: `Run \`${command`k8s-tunnels connect --add ${title}`}\`, then start the program again.`,
  });
}
