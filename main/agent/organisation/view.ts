import type { Organisation } from '../../model/organisation.ts';
import type { OrganisationView } from '../../model/organisation-view.ts';
import type { Managed, Refused } from './managed.ts';
import { acceptedRevision, type Kept } from './own-setup.ts';
import { pendingFields } from './pending.ts';
import { isSigned, pinnedKeys } from './pinned-keys.ts';
import { lockedSettings } from './preview.ts';
import { placeOf } from './source.ts';
import { switchedOff } from './switched-off.ts';

/** Returns the configuration in effect for shells: the managed one, else the user's. */
export function viewOf(
  managed: Managed,
  own: Kept | undefined,
  ownRefused: Refused | undefined,
): OrganisationView | undefined {
  const administrators = managed.current();
  if (administrators !== undefined) {
    const { organisation, readAt, signers } = administrators;
    const { revision } = organisation;
    return {
      ...shownOf(organisation),
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
    ...shownOf(organisation),
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

function shownOf(organisation: Organisation) {
  const { name, access, links = {}, production } = organisation;
  const off = switchedOff(organisation);
  return {
    name,
    ...(access?.team === undefined ? {} : { team: access.team }),
    links,
    locked: lockedSettings(organisation),
    ...(off.length === 0 ? {} : { off }),
    production,
  };
}
