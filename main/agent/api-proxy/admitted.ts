import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { ClusterApi } from './cluster-api.ts';
import type { Exchange } from './exchange.ts';
import type { Grant } from './grants.ts';
import type { Admitted } from './local-port.ts';
import { allowed, readOnlyVerdict } from './read-only/rules.ts';
import { metadataExchange } from './read-only/secret-metadata.ts';
import { serveRequest } from './serve-request.ts';
import { type Status, statusOfError } from './status.ts';

/**
 * Returns the function that answers admitted requests within the rules and the session of their secret: it refuses what a
 * read-only secret does not allow, and ends the secret when that session is over, or when another user is signed in.
 */
export function withinSessions(options: {
  /** Ends the grants that `isEnding` says. Never rejects. */
  readonly end: (isEnding: (grant: Grant) => boolean) => Promise<void>;
  /** Stores whose session a grant belongs to. */
  readonly bind: (grant: Grant, owner: string) => Promise<void>;
  readonly titleOf: (grant: Grant) => string;
  /** Called when an entry needs another secret. */
  readonly onDue: () => void;
  /** Returns the exchange as it goes on, with what records its request around it. */
  readonly observe: (exchange: Exchange, grant: Grant) => Exchange;
}): (api: ClusterApi, admitted: Admitted) => Promise<void> {
  const { end, bind, titleOf, onDue, observe } = options;

  /** Resolves with false if another user is signed in than the one whose session the secret belongs to. */
  const isOwners = async (api: ClusterApi, grant: Grant): Promise<boolean> => {
    const owner = await api.owner();
    if (owner === undefined || owner === grant.owner) return true;
    if (grant.owner !== undefined) return false;
    await bind(grant, owner);
    return true;
  };

  return async (api, { exchange: asked, grant, isHeld }) => {
    const exchange = observe(asked, grant);
    let isOver = false;
    const noting = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        // A login would fix it: the session of the secret is over.
        if (error instanceof AppError && error.signIn !== undefined) isOver = true;
        throw error;
      }
    };
    const verdict = grant.holder === 'read-only' ? readOnlyVerdict(exchange, grant.limits ?? {}) : allowed;
    if (verdict.kind === 'refused') return exchange.refuse(verdict.status);
    const answered = verdict.kind === 'metadata' ? metadataExchange(exchange, verdict) : exchange;
    try {
      if (await noting(() => isOwners(api, grant))) {
        const credential = (refused?: Credential) => noting(() => api.credential(refused));
        await serveRequest(answered, { credential, upstream: api.upstream, isHeld });
      } else {
        exchange.refuse(endedStatus(titleOf(grant)));
        await end(({ digest }) => digest === grant.digest);
        onDue();
      }
    } catch (error) {
      exchange.refuse(statusOfError(error));
    }
    if (isOver) await end(({ cluster }) => cluster === grant.cluster);
  };
}

/** Returns the answer to a secret of this cluster that has ended. */
export function endedStatus(title: string): Status {
  const error = new AppError('kube-unauthorized', 'The session of this token has ended.', {
    hint: `Run \`${command`k8s-tunnels connect --add ${title}`}\`, then start the program again.`,
  });
  return statusOfError(error);
}
