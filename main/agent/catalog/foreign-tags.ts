import type { Cluster } from '../../model/cluster.ts';
import { editsBetween, nearest } from '../../model/nearest.ts';
import { defaultTagPrefix } from '../../model/tag-prefix.ts';
import { checkTag, type TagField, tagFields } from './tag-checks.ts';
import { decodeValue } from './tag-codec.ts';
import { type TagChange, tagPart } from './tags.ts';

/** A tag whose key is not the one that k8s-tunnels writes. */
export interface MisplacedTag {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
  /** Renames it; removes it if the right key is there, or if no field is like it. */
  readonly fix: TagChange;
}

/** Only shown to users: a tag of another tool may well have such a name. */
const descriptive: ReadonlySet<TagField> = new Set([
  'name',
  'group',
  'groups',
  'owner',
  'description',
  'docs',
]);

/**
 * Finds a cluster's tags under the default prefix, where the organisation has another one, and under slips of its
 * prefix: `globex_hostname`, `globexHostname`, `GLOBEX:HOSTNAME` and `globx-hostname` for `globex-hostname`.
 */
export function foreignTags({
  tags = {},
  otherTags = {},
  tagPrefix = defaultTagPrefix,
}: Pick<Cluster, 'tags' | 'otherTags' | 'tagPrefix'>): readonly MisplacedTag[] {
  const parts = Object.entries(otherTags).flatMap(([key, value]) => {
    const part = foreignPart(key, tagPrefix);
    return part === undefined ? [] : [{ key, value, ...part }];
  });
  const has = (field: TagField) => Object.keys(tags).some((key) => tagPart(key, tagPrefix)?.field === field);
  return [...Map.groupBy(parts, ({ name }) => name).values()].flatMap((group): readonly MisplacedTag[] => {
    const sorted = group.toSorted((a, b) => a.index - b.index);
    const [{ key, field, isOurs }] = sorted as [(typeof sorted)[number]];
    const remove = sorted.map((one) => one.key);
    if (field === undefined)
      return [
        {
          severity: 'error',
          message: `${key} is not read: your organisation's tags begin with ${tagPrefix}.`,
          hint: 'Remove it, or set the tag that it was meant to be.',
          fix: { remove },
        },
      ];
    const right = `${tagPrefix}${field}`;
    if (has(field))
      // Another tool's, or a remainder.
      return isOurs
        ? [
            {
              severity: 'warning',
              message: `${key} is not read: ${right} counts.`,
              hint: 'Remove it, unless another organisation reads it.',
              fix: { remove },
            },
          ]
        : [];
    const value = decodeValue(joined(group)).trim();
    const checked = checkTag(field, value, tagPrefix);
    const set = 'value' in checked ? checked.value : checked.instead;
    return [
      {
        severity: isOurs || !descriptive.has(field) ? 'error' : 'warning',
        message: `${key} is not read: the key is ${right}.`,
        hint: `Rename it to ${right}.`,
        fix: { remove, ...(set === undefined ? {} : { set: { [field]: set } }) },
      },
    ];
  });
}

/**
 * Finds keys with capital letters. They are read; policies and other programs compare keys of EKS and Vault exactly. (Azure
 * ignores case, Google has small letters only.)
 */
export function spelledOtherwise({
  source,
  tags = {},
  tagPrefix = defaultTagPrefix,
}: Pick<Cluster, 'source' | 'tags' | 'tagPrefix'>): readonly MisplacedTag[] {
  if (source !== 'eks' && source !== 'vault') return [];
  const parts = Object.entries(tags).flatMap(([key, value]) => {
    const { field, index } = tagPart(key, tagPrefix) ?? {};
    return field === undefined || index === undefined ? [] : [{ key, value, field, index }];
  });
  return [...Map.groupBy(parts, ({ field }) => field)].flatMap(([field, group]): readonly MisplacedTag[] => {
    const remove = group.flatMap(({ key }) => (key === key.toLowerCase() ? [] : [key]));
    const [key] = remove;
    // One tag in two spellings is a problem of its own.
    const isDouble = new Set(group.map(({ index }) => index)).size < group.length;
    const value = decodeValue(joined(group)).trim();
    if (key === undefined || isDouble || !('value' in checkTag(field, value, tagPrefix))) return [];
    return [
      {
        severity: 'warning',
        message: `${key} is read, but the key is ${key.toLowerCase()}.`,
        hint: `Rename it to ${key.toLowerCase()}.`,
        fix: { remove, set: { [field]: value } },
      },
    ];
  });
}

function joined(parts: readonly { readonly index: number; readonly value: string }[]): string {
  return parts
    .toSorted((a, b) => a.index - b.index)
    .map(({ value }) => value)
    .join('');
}

interface ForeignPart {
  /** What tells apart tags of several parts. */
  readonly name: string;
  readonly field: TagField | undefined;
  readonly index: number;
  /** True for the default prefix: no other tool has it. */
  readonly isOurs: boolean;
}

function foreignPart(key: string, tagPrefix: string): ForeignPart | undefined {
  const defaultPart = tagPart(key, defaultTagPrefix);
  if (defaultPart !== undefined && tagPrefix !== defaultTagPrefix) {
    const { name, field, index } = defaultPart;
    const [guess] = nearest(name, tagFields, 1) as readonly TagField[];
    const isSlip = guess !== undefined && editsBetween(name, guess) <= 2;
    return {
      name: `${defaultTagPrefix}${name}`,
      field: field ?? (isSlip ? guess : undefined),
      index,
      isOurs: true,
    };
  }
  const [, plain = '', ordinal = '1'] = /^(.*?)(?:[-_.]([2-9]|[1-9]\d))?$/s.exec(lettersOf(key, true)) ?? [];
  const name = lettersOf(plain);
  for (const field of tagFields) {
    const end = lettersOf(field);
    const stem = name.endsWith(end) ? name.slice(0, -end.length) : undefined;
    if (stem !== undefined && isPrefixSlip(stem, tagPrefix))
      return { name, field, index: Number(ordinal), isOurs: false };
  }
  return undefined;
}

/** Also a slip of the default prefix, where that is the organisation's or not. */
function isPrefixSlip(stem: string, tagPrefix: string): boolean {
  return [tagPrefix, defaultTagPrefix].some((prefix) => {
    const wanted = lettersOf(prefix);
    const most = wanted.length > 7 ? 2 : wanted.length > 4 ? 1 : 0;
    return stem === wanted || editsBetween(stem, wanted) <= most;
  });
}

/** In lower case, without what separates words. */
function lettersOf(text: string, keepSeparators = false): string {
  const lower = text.toLowerCase();
  return keepSeparators ? lower : lower.replace(/[^a-z0-9]/g, '');
}
