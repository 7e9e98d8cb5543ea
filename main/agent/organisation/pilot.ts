import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { toPlainError } from '../../model/app-error.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { OrganisationView } from '../../model/organisation-view.ts';
import type { Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';
import { mergedForPilot } from './pilot-changes.ts';
import { matchesWildcard } from './wildcard.ts';

/** A session of Access, which names its user. */
export interface Identity {
  readonly authDomain: string;
  readonly email?: string | undefined;
}

/** Whether this installation is in an organisation's pilot group. */
export interface Pilot {
  /** Returns the configuration that takes effect here: with the changes of the pilot group, if this is part of it. */
  effective(declared: Organisation): Organisation;
  /** Returns the part of the view that says so, and why. */
  view(declared: Organisation): Pick<OrganisationView, 'pilot'>;
  /**
   * Takes the users who are signed in. Remembers them when their sessions end: a group must not change with every session
   * that expires.
   */
  identify(identities: readonly Identity[]): Promise<void>;
}

const storedSchema = z.object({
  /** Random. It leaves this computer nowhere. */
  installation: z.string(),
  identities: z.array(z.object({ authDomain: z.string(), email: z.string() })),
});
type Stored = z.infer<typeof storedSchema>;

/** Reads who was signed in last. Never rejects: without a file that can be written, each start draws again. */
export async function createPilot(options: {
  readonly state: string;
  readonly logger: Logger;
}): Promise<Pilot> {
  const { state, logger } = options;
  const file = jsonFile<Stored>({
    file: path.join(state, 'pilot.json'),
    version: 1,
    schema: storedSchema,
    onUnreadable: (name, reason) =>
      logger.warn('The draw of pilot groups was set aside', { file: name, reason }),
  });
  const warn = (error: unknown) =>
    logger.warn('The draw of pilot groups cannot be stored', { error: toPlainError(error) });
  const found = await file.read().catch(warn);
  let stored: Stored = found ?? { installation: randomUUID(), identities: [] };
  let isStored = found !== undefined;
  const merged = new WeakMap<Organisation, Organisation>();

  const keep = async (next: Stored) => {
    stored = next;
    isStored = true;
    await file.write(next).catch(warn);
  };

  const reason = ({ pilot, revision, access }: Organisation): OrganisationView['pilot'] => {
    if (pilot === undefined) return undefined;
    const { users = [], share = 0 } = pilot;
    const patterns = users.map((user) => user.toLowerCase());
    const user = stored.identities.find(
      ({ authDomain, email }) =>
        (access?.team === undefined || access.team === authDomain) &&
        patterns.some((pattern) => matchesWildcard(pattern, email.toLowerCase())),
    );
    if (user !== undefined)
      return { why: 'user', line: `This installation is in the pilot group: ${user.email} is named.` };
    // Another revision is another draw. It must be the same one after a restart.
    if (!isStored) void keep(stored);
    if (drawOf(stored.installation, revision) >= share) return undefined;
    const drawn = revision === undefined ? '' : ` for revision ${revision}`;
    return {
      why: 'share',
      line: `This installation is in the pilot group: drawn${drawn}, with ${share} % of all.`,
    };
  };

  return {
    effective(declared) {
      if (reason(declared) === undefined) return declared;
      const known = merged.get(declared) ?? mergedForPilot(declared);
      merged.set(declared, known);
      return known;
    },
    view(declared) {
      const pilot = reason(declared);
      return pilot === undefined ? {} : { pilot };
    },
    async identify(all) {
      const identities = all.flatMap(({ authDomain, email }) =>
        email === undefined ? [] : { authDomain, email },
      );
      const signedIn = new Set(identities.map(({ authDomain }) => authDomain));
      const others = stored.identities.filter(({ authDomain }) => !signedIn.has(authDomain));
      const next = [...identities, ...others].toSorted((a, b) => (a.authDomain < b.authDomain ? -1 : 1));
      if (JSON.stringify(next) !== JSON.stringify(stored.identities))
        await keep({ ...stored, identities: next });
    },
  };
}

/** Returns a number from 0 to less than 100. */
export function drawOf(installation: string, revision: number | undefined): number {
  const digest = createHash('sha256')
    .update(`${installation} ${revision ?? ''}`)
    .digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}
