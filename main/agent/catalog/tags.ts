import type { Cluster, Reach, TagProblem } from '../../model/cluster.ts';
import { editsBetween, nearest } from '../../model/nearest.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { checkTag, type TagField, tagFields } from './tag-checks.ts';
import { decodeValue } from './tag-codec.ts';

/** The fields in a source's tags (AWS tags, GCP labels, Vault custom metadata). */
export interface TagFields {
  readonly reach: Reach;
  readonly name?: string;
  readonly environment?: string;
  readonly group?: string;
  /** Who gets the cluster from the organisation's catalog, as `groupsFrom` reads it. */
  readonly groups?: string;
  readonly namespace?: string;
  readonly serverName?: string;
  readonly endpoint?: NonNullable<Cluster['endpoint']>;
  readonly role?: string;
  readonly connector?: NonNullable<Cluster['connector']>;
  readonly entryForm?: NonNullable<Cluster['entryForm']>;
  readonly execApiVersion?: NonNullable<Cluster['execApiVersion']>;
  readonly owner?: string;
  readonly description?: string;
  readonly docs?: string;
}

/** A change of a cluster's tags. */
export interface TagChange {
  /** Decoded values; one in angle brackets is for the user to fill in. */
  readonly set?: Readonly<Partial<Record<TagField, string>>>;
  readonly unset?: readonly TagField[];
  /** Keys as the source spells them. */
  readonly remove?: readonly string[];
}

export interface FixableProblem extends TagProblem {
  readonly fix: TagChange;
}

/**
 * Reads the tags whose keys begin with `prefix`, in any case, and ignores all others. Never throws: an invalid tag
 * becomes a problem. If it concerns how the cluster is reached, it also becomes the reason why the cluster is
 * unreachable.
 */
export function readTags(
  tags: Readonly<Record<string, string>>,
  prefix: string = defaultTagPrefix,
): {
  readonly fields: TagFields;
  readonly problems: readonly TagProblem[];
} {
  const { checked, refused, problems } = inspect(tags, prefix);
  const text = <Key extends keyof TagFields>(key: Key, field: TagField) =>
    checked.has(field) ? { [key]: checked.get(field) } : {};
  return {
    fields: {
      reach: reachFrom(checked, refused, prefix),
      ...text('name', 'name'),
      ...text('environment', 'environment'),
      ...text('group', 'group'),
      ...text('groups', 'groups'),
      ...text('namespace', 'namespace'),
      ...text('serverName', 'server-name'),
      ...text('endpoint', 'endpoint'),
      ...text('role', 'role'),
      ...text('connector', 'connector'),
      ...text('entryForm', 'entry'),
      ...text('execApiVersion', 'exec'),
      ...text('owner', 'owner'),
      ...text('description', 'description'),
      ...text('docs', 'docs'),
    },
    problems: problems.map(({ key, message, hint }) => ({ key, message, hint })),
  };
}

/** Returns the problems that `readTags` reports, each with its fix. */
export function tagFixes(tags: Readonly<Record<string, string>>, prefix: string): readonly FixableProblem[] {
  return inspect(tags, prefix).problems;
}

/** Returns the field of a key and its part number, from 1, in any case. Undefined if the key is not ours. */
export function tagPart(
  key: string,
  prefix: string,
): { readonly name: string; readonly field: TagField | undefined; readonly index: number } | undefined {
  const lower = key.toLowerCase();
  if (!lower.startsWith(prefix)) return undefined;
  const [, name = '', ordinal = '1'] = /^(.*?)(?:-([2-9]|[1-9]\d))?$/.exec(lower.slice(prefix.length)) ?? [];
  return { name, field: tagFields.find((candidate) => candidate === name), index: Number(ordinal) };
}

function inspect(tags: Readonly<Record<string, string>>, prefix: string) {
  const { values, problems } = collect(tags, prefix);
  const checked = new Map<TagField, string>();
  const refused = new Map<TagField, TagProblem>();
  for (const [field, { key, value }] of values) {
    const result = checkTag(field, value, prefix);
    if ('value' in result) {
      checked.set(field, result.value);
    } else {
      const { message, hint, instead } = result;
      const fix = instead === undefined ? { unset: [field] } : { set: { [field]: instead } };
      problems.push({ key, message, hint, fix });
      refused.set(field, { key, message, hint });
    }
  }
  for (const field of withoutEffect(checked)) {
    const key = values.get(field)?.key ?? `${prefix}${field}`;
    problems.push({
      key,
      message: `${key} has no effect, because ${prefix}origin is https.`,
      hint: 'Remove it: requests go to the hostname itself, through a local TLS proxy.',
      fix: { unset: [field] },
    });
  }
  return { checked, refused, problems };
}

/** Returns the fields that say something about a tunnel, where the API is published as a web application. */
function withoutEffect(checked: ReadonlyMap<TagField, string>): readonly TagField[] {
  if (checked.get('origin') !== 'https' || checked.get('connector') === 'direct') return [];
  const [connector, entry] = [checked.get('connector'), checked.get('entry')];
  return [
    ...(checked.has('destination') ? (['destination'] as const) : []),
    ...(connector === 'cloudflared' ? (['connector'] as const) : []),
    ...(entry === undefined || entry === 'tls' ? [] : (['entry'] as const)),
  ];
}

/** Joins `<key>`, `<key>-2`, `<key>-3`, … and decodes; reports unknown keys. */
function collect(tags: Readonly<Record<string, string>>, prefix: string) {
  const problems: FixableProblem[] = [];
  const parts = new Map<TagField, Map<number, { readonly key: string; readonly value: string }>>();
  // If a key has two spellings, the lower-case one comes first and counts.
  const keys = Object.keys(tags).sort((a, b) => (a < b ? 1 : -1));
  for (const key of keys) {
    const part = tagPart(key, prefix);
    if (part === undefined) continue;
    const { name, field, index } = part;
    if (field === undefined) {
      const [guess = 'hostname'] = nearest(name, tagFields, 1) as readonly TagField[];
      problems.push({
        key,
        message: `${key} is not a tag that k8s-tunnels knows.`,
        hint: `Did you mean ${prefix}${guess}?`,
        fix: {
          remove: [key],
          ...renamed({ guess, name, value: decodeValue(tags[key] ?? ''), keys, prefix }),
        },
      });
      continue;
    }
    const known = parts.get(field) ?? new Map<number, { readonly key: string; readonly value: string }>();
    parts.set(field, known);
    const other = known.get(index);
    if (other === undefined) {
      known.set(index, { key, value: tags[key] ?? '' });
    } else {
      problems.push({
        key,
        message: `${key} and ${other.key} are one tag in two spellings; ${other.key} counts.`,
        hint: `Remove ${key}.`,
        fix: { remove: [key] },
      });
    }
  }
  const values = new Map<TagField, { readonly key: string; readonly value: string }>();
  for (const [field, known] of parts) {
    const joined: string[] = [];
    for (let index = 1; known.has(index); index += 1) joined.push(known.get(index)?.value ?? '');
    const key = known.get(1)?.key ?? `${prefix}${field}`;
    if (joined.length > 0) values.set(field, { key, value: decodeValue(joined.join('')).trim() });
    for (const [index, part] of known) {
      if (index <= joined.length) continue;
      const missing = joined.length === 0 ? key : `${key}-${joined.length + 1}`;
      problems.push({
        key: part.key,
        message: `${part.key} continues a value, but ${missing} is missing.`,
        hint: `Add ${missing}, or remove ${part.key}.`,
        fix: { remove: [part.key] },
      });
    }
  }
  return { values, problems };
}

/** Keeps the value of a misspelled key, unless the correct key is there too. */
function renamed(options: {
  readonly guess: TagField;
  readonly name: string;
  readonly value: string;
  readonly keys: readonly string[];
  readonly prefix: string;
}): Pick<TagChange, 'set'> {
  const { guess, name, value, keys, prefix } = options;
  const isSlip = guess.startsWith(name) || editsBetween(name, guess) <= 2;
  const isThere = keys.some((key) => tagPart(key, prefix)?.field === guess);
  return name !== '' && isSlip && !isThere && 'value' in checkTag(guess, value)
    ? { set: { [guess]: value } }
    : {};
}

function reachFrom(
  checked: ReadonlyMap<TagField, string>,
  refused: ReadonlyMap<TagField, TagProblem>,
  prefix: string,
): Reach {
  if (checked.get('connector') === 'direct') return { kind: 'direct' };
  for (const field of ['hostname', 'origin', 'destination'] as const) {
    const problem = refused.get(field);
    if (problem !== undefined) return { kind: 'none', reason: `${problem.message} ${problem.hint}` };
  }
  const hostname = checked.get('hostname');
  if (hostname === undefined) {
    return {
      kind: 'none',
      reason: `It has no tag ${prefix}hostname. Set it to the hostname of the cluster's Access application.`,
    };
  }
  const origin = checked.get('origin');
  if (origin === 'https') return { kind: 'tunnel', hostname, origin };
  const destination = checked.get('destination');
  return {
    kind: 'tunnel',
    hostname,
    origin: origin === 'tcp' ? 'tcp' : 'socks',
    ...(destination === undefined ? {} : { destination }),
  };
}
