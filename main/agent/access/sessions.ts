import { isDeepStrictEqual } from 'node:util';
import { toPlainError } from '../../model/app-error.ts';
import { createLaterRuns } from '../async/later-runs.ts';
import type { Logger } from '../parts.ts';
import type { State } from '../state/state.ts';
import type { Access } from './access.ts';
import type { Policies } from './policies.ts';

/** The sessions of Access as shells show them. */
export interface Sessions {
  /** Reads the sessions again, after a read that is in progress. Rejects as `Access.sessions` does. */
  look(): Promise<void>;
  /** As `look`, for callers that do not wait: logs a failure. */
  lookSoon(): void;
}

export function createSessions(options: {
  readonly access: Pick<Access, 'sessions'>;
  readonly policies: Pick<Policies, 'keep'>;
  readonly state: State;
  readonly logger: Logger;
  /** The user has signed in to these organisations, or a session was renewed. */
  readonly onBegun: (teams: readonly string[]) => void;
  /** The user's sessions at these organisations have ended: they expired, or were removed from the disk. */
  readonly onOver?: (teams: readonly string[]) => void;
}): Sessions {
  const { access, policies, state, logger, onBegun, onOver = () => {} } = options;
  const read = async () => {
    const all = await access.sessions();
    const sessions = all.sessions.map(withoutUndefined);
    policies.keep(sessions);
    const known = state.get().sessions;
    state.set({ sessions, endedSessions: all.ended.map(withoutUndefined) });
    const begun = sessions.filter((one) => !known.some((other) => isDeepStrictEqual(other, one)));
    const missingIn = (read: typeof all) => {
      const left = new Set(read.sessions.map(({ authDomain }) => authDomain));
      return known.flatMap(({ authDomain }) => (left.has(authDomain) ? [] : authDomain));
    };
    // Look twice: the user may have signed in again since, and what the new session opened must not end.
    const over = missingIn(all).length === 0 ? [] : missingIn(await access.sessions());
    if (over.length > 0) onOver(over);
    if (begun.length > 0) onBegun(begun.map(({ authDomain }) => authDomain));
  };
  // One at a time: an earlier read that ends later would show a session that has ended.
  const runs = createLaterRuns<'sessions', void>();
  const look = () => runs('sessions', read);
  return {
    look,
    lookSoon() {
      look().catch((error: unknown) =>
        logger.warn('Sessions and the current context cannot be read', { error: toPlainError(error) }),
      );
    },
  };
}

/** Removes undefined fields: data that crosses a boundary omits unknown fields. */
function withoutUndefined<T extends { readonly email: string | undefined }>({ email, ...rest }: T) {
  return email === undefined ? rest : { ...rest, email };
}
