import { AppError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { SetupPreview } from '../../model/organisation-view.ts';
import { acceptedRevision, type Kept } from './own-setup.ts';
import { areSameKeys, isSigned, pinnedKeys } from './pinned-keys.ts';
import { isSameOrigin, placeOf, type SetupSource } from './source.ts';

type Conflict = NonNullable<SetupPreview['conflict']>;

/** A configuration that was read and may follow the current one. */
export interface Next {
  readonly text: string;
  readonly organisation: Organisation;
  /** The keys that would be pinned. */
  readonly keys: readonly string[];
}

/** Returns why the user must confirm that a setup replaces the current one. */
export function conflictBetween(kept: Kept, source: SetupSource, next: Next): Conflict | undefined {
  const { stored, organisation } = kept;
  const named = { name: organisation?.name ?? '', place: placeOf(stored.origin) };
  if (!isSameOrigin(stored.origin, source.origin)) return { why: 'origin', ...named };
  const pinned = pinnedKeys(stored);
  if (pinned.length > 0 && source.key !== undefined && !pinned.includes(source.key))
    return { why: 'key', ...named };
  return revisionProblem(kept, next) === undefined ? undefined : { why: 'revision', ...named };
}

/**
 * A signature cannot distinguish an old file from a new one; the revision in it can. Returns `older` for a lower
 * revision, and `same-with-other-keys` for another text that replaces the pinned keys without a higher one: it may be an
 * earlier version that lists a key which was replaced since.
 */
export function revisionProblem(kept: Kept, next: Next): 'older' | 'same-with-other-keys' | undefined {
  const accepted = acceptedRevision(kept);
  if (isOlder(next.organisation, accepted)) return 'older';
  const isSame = isSigned(kept.stored) && next.organisation.revision === accepted;
  return isSame && next.text !== kept.stored.text && !areSameKeys(next.keys, pinnedKeys(kept.stored))
    ? 'same-with-other-keys'
    : undefined;
}

/** Returns true if a configuration has a lower revision than the accepted one, or none. */
export function isOlder({ revision }: Organisation, accepted: number | undefined): boolean {
  return accepted !== undefined && (revision ?? -1) < accepted;
}

/** The error for a refresh whose revision is not good. */
export function revisionError(kept: Kept, next: Next, why: 'older' | 'same-with-other-keys'): AppError {
  const place = placeOf(kept.stored.origin);
  const accepted = acceptedRevision(kept);
  const { revision } = next.organisation;
  return new AppError(
    'organisation-refused',
    why === 'older'
      ? `${place} has an older revision than the stored configuration (${revision ?? 'none'} after ${accepted}).`
      : `${place} replaces its keys (signing.publicKeys) without a higher revision than ${accepted}.`,
    {
      hint: 'Report it to the administrator of the configuration, who goes back on purpose by raising revision.',
    },
  );
}

export function conflictError({ why, name, place }: Conflict): AppError {
  const reasons = {
    origin: `You are set up for ${name === '' ? 'an organisation' : name} from a different source: ${place}.`,
    key: `The configuration from ${place} is pinned to a different key.`,
    revision: `The revision from ${place} is older than the one you have, or replaces its keys without a higher one.`,
  };
  return new AppError('organisation-refused', reasons[why], {
    hint: 'To replace the configuration, use --replace.',
  });
}
