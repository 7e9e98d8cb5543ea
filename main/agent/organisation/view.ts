import type { OrganisationView } from '../../model/organisation-view.ts';
import type { Managed, Refused } from './managed.ts';
import { acceptedRevision, type Kept } from './own-setup.ts';
import { pendingFields } from './pending.ts';
import type { Pilot } from './pilot.ts';
import { isSigned, pinnedKeys } from './pinned-keys.ts';
import { shownOf } from './shown.ts';
import { placeOf } from './source.ts';

/** Returns the configuration in effect for shells: the managed one, else the user's. */
export function viewOf(options: {
  readonly managed: Managed;
  readonly own: Kept | undefined;
  readonly ownRefused: Refused | undefined;
  readonly pilot: Pick<Pilot, 'effective' | 'view'>;
}): OrganisationView | undefined {
  const { managed, own, ownRefused, pilot } = options;
  const administrators = managed.current();
  if (administrators !== undefined) {
    const { organisation, readAt, signers } = administrators;
    const { revision } = organisation;
    return {
      ...shownOf(organisation, pilot),
      origin: 'managed',
      place: managed.file,
      signed: signers !== undefined,
      ...(signers === undefined ? {} : { signers: [...signers] }),
      ...(revision === undefined ? {} : { revision }),
      ...shownFailure(managed.refused()),
      readAt,
    };
  }
  if (own?.organisation === undefined) return undefined;
  const { stored, organisation } = own;
  const { origin, readAt, signers = [] } = stored;
  const revision = acceptedRevision(own);
  const pending = pendingFields(stored, organisation);
  const keys = pinnedKeys(stored);
  return {
    ...shownOf(organisation, pilot),
    origin: origin.kind,
    place: placeOf(origin),
    signed: isSigned(stored),
    ...(keys.length === 0 ? {} : { keys: [...keys] }),
    ...(signers.length === 0 ? {} : { signers }),
    ...(revision === undefined ? {} : { revision }),
    ...(pending === undefined ? {} : { pending }),
    ...shownFailure(ownRefused),
    readAt,
  };
}

function shownFailure(refused: Refused | undefined): Pick<OrganisationView, 'failed'> {
  return refused === undefined ? {} : { failed: refused };
}
