import { AppError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Network } from '../network/network.ts';
import { revisionError, revisionProblem } from './conflict.ts';
import { changesToAgreeTo, type FieldChange } from './fields.ts';
import { type OwnSetup, type Stored, storedFrom } from './own-setup.ts';
import { parseOrganisation } from './parse.ts';
import { pendingNotice } from './pending.ts';
import { isSigned, keysAfter, pinnedKeys } from './pinned-keys.ts';
import { type Reading, readSource } from './read-source.ts';
import { placeOf } from './source.ts';

type Keep = (stored: Stored, organisation: Organisation | undefined) => Promise<boolean>;

/**
 * Returns what reads the user's setup again from its source and stores what is new. It resolves with whether anything
 * changed, and rejects as `readSource` and `parseOrganisation` do, or with `organisation-refused` for a revision that is
 * not newer.
 */
export function ownRefresh(options: {
  readonly own: Pick<OwnSetup, 'current'>;
  readonly network: Network;
  readonly now: () => number;
  readonly notice: (level: 'info' | 'warning', message: string) => void;
  /** Stores a setup. Resolves with whether the configuration changed. */
  readonly keep: Keep;
}): () => Promise<boolean> {
  const { own, network, now, notice, keep } = options;

  /** Stores a newer configuration for review; the accepted one stays in effect. */
  const hold = async (
    stored: Stored,
    organisation: Organisation | undefined,
    { text, etag }: Reading,
    changes: readonly FieldChange[],
  ): Promise<boolean> => {
    const isNew = stored.pending?.text !== text;
    const pending = { text, ...(etag === undefined ? {} : { etag }) };
    const changed = await keep({ ...stored, pending, readAt: now() }, organisation);
    // Shells show pending changes from the view, if there is one.
    if (isNew)
      notice(organisation === undefined ? 'warning' : 'info', pendingNotice(organisation?.name, changes));
    return changed;
  };

  return async () => {
    const kept = own.current();
    if (kept === undefined) return false;
    const { stored, organisation } = kept;
    const { origin, keyFrom } = stored;
    const etag = organisation === undefined ? undefined : (stored.pending ?? stored).etag;
    const pinned = pinnedKeys(stored);
    const reading = await readSource({ origin, keys: pinned, etag, network });
    if (reading === undefined) return keep({ ...stored, readAt: now() }, organisation);
    const next = parseOrganisation(reading.text, placeOf(origin));
    const keys = keysAfter(next, { keys: pinned, keyFrom });
    const following = { text: reading.text, organisation: next, keys };
    const problem = revisionProblem(kept, following);
    if (problem !== undefined) throw revisionError(kept, following, problem);
    const changes = isSigned(stored) ? [] : changesToAgreeTo(next, organisation);
    if (changes.length > 0) return hold(stored, organisation, reading, changes);
    return keep(storedFrom({ origin, keys, keyFrom, reading, organisation: next, now: now() }), next);
  };
}

/** Adds to why a refresh failed what is in effect now. */
export function staysError(error: unknown, now: Organisation | undefined): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, hint, retryable, cause } = error;
  const then = now === undefined ? 'It is not used.' : 'The previous version stays in effect.';
  return new AppError(code, `${message} ${then}`, {
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause,
  });
}
