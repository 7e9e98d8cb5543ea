import { AppError } from '../../model/app-error.ts';
import { command } from '../../model/command.ts';
import type { Credential } from '../providers/credential-provider.ts';
import type { ClusterApi } from './cluster-api.ts';
import type { Exchange } from './exchange.ts';
import type { Grant } from './grants.ts';
import type { Admitted } from './local-port.ts';
import { type ProductionLocks, unlockCommand } from './production-locks.ts';
import { allowed, readOnlyVerdict, type Verdict } from './read-only/rules.ts';
import { metadataExchange } from './read-only/secret-metadata.ts';
import { serveRequest } from './serve-request.ts';
import { type Status, statusOfError } from './status.ts';

/**
 * Returns the function that answers admitted requests within the rules and the session of their secret: it refuses what a
 * read-only secret, or a locked production cluster, does not allow, and ends the secret when that session is over, or when
 * another user is signed in.
 */
export function withinSessions(options: {
  /** Ends the grants that `isEnding` says. Never rejects. */
  readonly end: (isEnding: (grant: Grant) => boolean) => Promise<void>;
  /** Stores whose session a grant belongs to. */
  readonly bind: (grant: Grant, owner: string) => Promise<void>;
  readonly titleOf: (grant: Grant) => string;
  /** The production clusters that open read-only, whatever the secret. */
  readonly locks: Pick<ProductionLocks, 'applies' | 'isLocked' | 'whileUnlocked'>;
  /** Called when an entry needs another secret. */
  readonly onDue: () => void;
  /** Returns the exchange as it goes on, with what records its request around it. */
  readonly observe: (exchange: Exchange, grant: Grant) => Exchange;
}): (api: ClusterApi, admitted: Admitted) => Promise<void> {
  const { end, bind, titleOf, locks, onDue, observe } = options;

  /** Resolves with false if another user is signed in than the one whose session the secret belongs to. */
  const isOwners = async (api: ClusterApi, grant: Grant): Promise<boolean> => {
    const owner = await api.owner();
    if (owner === undefined || owner === grant.owner) return true;
    if (grant.owner !== undefined) return false;
    await bind(grant, owner);
    return true;
  };

  /** Decides about a request; `isUnlocked` if it would be refused, or answered in part, after the end of an unlock. */
  const decided = (
    exchange: Exchange,
    grant: Grant,
  ): { readonly verdict: Verdict; readonly isUnlocked: boolean } => {
    if (grant.holder === 'read-only')
      return { verdict: readOnlyVerdict(exchange, grant.limits ?? {}), isUnlocked: false };
    if (!locks.applies(grant.cluster)) return { verdict: allowed, isUnlocked: false };
    const verdict = readOnlyVerdict(exchange, {}, lockedWords(titleOf(grant)));
    if (locks.isLocked(grant.cluster)) return { verdict, isUnlocked: false };
    return { verdict: allowed, isUnlocked: verdict.kind !== 'allowed' };
  };
  /** Ends the exchange when its cluster is locked. Returns a function that stops following it. */
  const followed = (exchange: Exchange, grant: Grant): (() => void) => {
    const stop = locks.whileUnlocked(grant.cluster, exchange.breakOff);
    if (exchange.upgrade === undefined) return stop;
    // An upgraded connection goes on after the answer.
    if (exchange.socket.destroyed) stop();
    else exchange.socket.once('close', stop);
    return () => {};
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
    const { verdict, isUnlocked } = decided(exchange, grant);
    if (verdict.kind === 'refused') return exchange.refuse(verdict.status);
    const answered = verdict.kind === 'metadata' ? metadataExchange(exchange, verdict) : exchange;
    const stopFollowing = isUnlocked ? followed(exchange, grant) : () => {};
    try {
      if (await noting(() => isOwners(api, grant))) {
        const credential = (refused?: Credential) => noting(() => api.credential(refused));
        await serveRequest(answered, { credential, upstream: api.upstream, isHeld });
      } else {
        stopFollowing();
        exchange.refuse(endedStatus(titleOf(grant)));
        await end(({ digest }) => digest === grant.digest);
        onDue();
      }
    } catch (error) {
      exchange.refuse(statusOfError(error));
    } finally {
      stopFollowing();
    }
    if (isOver) await end(({ cluster }) => cluster === grant.cluster);
  };
}

/** Says why a locked production cluster refuses a request, and what unlocks it. */
function lockedWords(title: string) {
  const cure = `To unlock it for a time: ${unlockCommand(title)}`;
  return {
    subject: `${title} is a production cluster, which opens read-only`,
    cure,
    secretsCure: cure,
  };
}

/** Returns the answer to a secret of this cluster that has ended. */
export function endedStatus(title: string): Status {
  const error = new AppError('kube-unauthorized', 'The session of this token has ended.', {
    hint: `Run \`${command`k8s-tunnels connect --add ${title}`}\`, then start the program again.`,
  });
  return statusOfError(error);
}
