import { AppError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { SetupPreview } from '../../model/organisation-view.ts';
import { isSameOrigin, type Origin, placeOf, type SetupSource } from './source.ts';

type Conflict = NonNullable<SetupPreview['conflict']>;

/** Returns why the user must confirm that a setup replaces the current one. */
export function conflictBetween(options: {
  readonly kept: { readonly origin: Origin; readonly key?: string | undefined };
  readonly keptOrganisation: Organisation | undefined;
  readonly source: SetupSource;
  readonly next: Organisation;
}): Conflict | undefined {
  const { kept, keptOrganisation, source, next } = options;
  const named = { name: keptOrganisation?.name ?? '', place: placeOf(kept.origin) };
  if (!isSameOrigin(kept.origin, source.origin)) return { why: 'origin', ...named };
  if (kept.key !== undefined && source.key !== undefined && kept.key !== source.key)
    return { why: 'key', ...named };
  return isOlder(next, keptOrganisation) ? { why: 'revision', ...named } : undefined;
}

/** A signature cannot distinguish an old file from a new one; the revision in it can. */
export function isOlder(next: Organisation, kept: Organisation | undefined): boolean {
  return kept?.revision !== undefined && (next.revision ?? -1) < kept.revision;
}

export function conflictError({ why, name, place }: Conflict): AppError {
  const reasons = {
    origin: `You are set up for ${name === '' ? 'an organisation' : name} from a different source: ${place}.`,
    key: `The configuration from ${place} is pinned to a different key.`,
    revision: `The revision from ${place} is older than the one you have.`,
  };
  return new AppError('organisation-refused', reasons[why], {
    hint: 'To replace the configuration, use --replace.',
  });
}
