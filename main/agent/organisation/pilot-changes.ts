import { type Organisation, organisationSchema } from '../../model/organisation.ts';

/** Checks the configuration that the pilot group has. `undefined` where a configuration has no such group. */
export function checkForPilot(declared: Organisation) {
  const { pilot, ...rest } = declared;
  return pilot === undefined ? undefined : organisationSchema.safeParse(mergePatch(rest, pilot.changes));
}

/** Returns the configuration of the pilot group. Its parse has checked it. */
export function mergedForPilot(declared: Organisation): Organisation {
  const checked = checkForPilot(declared);
  if (checked === undefined) return declared;
  if (!checked.success) throw new Error('A parsed configuration fits its pilot group.');
  return checked.data;
}

/** A JSON merge patch: RFC 7396, section 2. `null` removes a field, and a list is replaced as a whole. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch))
    if (value === null) result.delete(key);
    else result.set(key, mergePatch(result.get(key), value));
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
