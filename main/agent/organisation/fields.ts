import { type Organisation, organisationSchema } from '../../model/organisation.ts';

/** One field of a configuration, by its path: `sources.vault.addresses[0].address`. */
interface Field {
  /** For display, without the OAuth client's secret. */
  readonly shown: string;
  /** Unique per value, for comparison. */
  readonly exact: string;
}
export type Fields = ReadonlyMap<string, Field>;

/** A field in which two configurations differ; an empty text means not set. */
export interface FieldChange {
  readonly field: string;
  readonly value: string;
  readonly before: string;
}

export function fieldsOf(organisation: Organisation): Fields {
  return flatten(organisation, '');
}

/** The defaults of a configuration. */
export const defaultFields: Fields = fieldsOf(organisationSchema.parse({ version: 1, name: '-' }));

/** Returns every field that `after` sets or removes differently from `before`. */
export function changedFields(after: Fields, before: Fields): readonly FieldChange[] {
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((field) => {
    const [now, old] = [after.get(field), before.get(field)];
    if (now?.exact === old?.exact) return [];
    const [value, was] = [now?.shown ?? '', old?.shown ?? ''];
    return [{ field, value, before: value === was ? `${was} (another one)` : was }];
  });
}

/**
 * Fields that may change without consent: which clusters are discovered, and settings that lead to no other host, file
 * or connector. Everything else, including a field that a later version adds, needs consent unless a signature vouches
 * for it.
 */
const harmless: readonly RegExp[] = [
  /^(?:version|name|revision|tagPrefix|locked)$/,
  /^sources\.(?:eks|gke|aks)\.enabled$/,
  /^sources\.eks\.(?:regions|roles)$/,
  /^sources\.gke\.projects$/,
  /^sources\.spreadMinutes$/,
  // Opening a set is the user's own action, which asks about production.
  /^sets(?:\[|$)/,
  /^defaults\.(?!(?:auditExport|clusterFiles|extraAuthorities|kubeconfigPath|vaultMounts|connector)$)/,
];

/** Returns the changes that accepting `accepted` did not cover: all of them without one. */
export function changesToAgreeTo(
  next: Organisation,
  accepted: Organisation | undefined,
): readonly FieldChange[] {
  const before = accepted === undefined ? defaultFields : fieldsOf(accepted);
  return changedFields(fieldsOf(next), before).filter(
    // What the pilot group changes leads to the same hosts as the field itself.
    ({ field }) => !harmless.some((pattern) => pattern.test(field.replace(/^pilot\.changes\./, ''))),
  );
}

function flatten(value: unknown, at: string): Map<string, Field> {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return new Map(value.flatMap((item, index) => [...flatten(item, `${at}[${index}]`)]));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const shown = at.endsWith('.secret') ? 'set' : Array.isArray(value) ? value.join(', ') : String(value);
    return new Map([[at, { shown, exact: JSON.stringify(value) }]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : [...flatten(item, at === '' ? key : `${at}.${key}`)],
    ),
  );
}
