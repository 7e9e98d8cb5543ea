import type { Organisation } from '../../model/organisation.ts';
import type { Pilot } from './pilot.ts';
import { lockedSettings } from './preview.ts';
import { switchedOff } from './switched-off.ts';

/** Returns the part of the view that the configuration itself says, with the changes of the pilot group. */
export function shownOf(declared: Organisation, pilot: Pick<Pilot, 'effective' | 'view'>) {
  const organisation = pilot.effective(declared);
  const { name, access, links = {}, production } = organisation;
  const off = switchedOff(organisation);
  return {
    name,
    ...(access?.team === undefined ? {} : { team: access.team }),
    links,
    locked: lockedSettings(organisation),
    ...(off.length === 0 ? {} : { off }),
    ...pilot.view(declared),
    production,
  };
}
