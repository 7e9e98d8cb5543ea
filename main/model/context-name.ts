import type { Cluster, ClusterId } from './cluster.ts';
import { plainText } from './plain-text.ts';

type Named = Pick<Cluster, 'id' | 'title'> &
  Partial<Pick<Cluster, 'group' | 'environment' | 'account' | 'accountName' | 'region' | 'source' | 'name'>>;

/** What else decides the names. */
export interface ContextNaming {
  readonly given?: GivenContextNames | undefined;
  /** `defaultTemplate` where undefined. */
  readonly template?: string | undefined;
}

/** What a template of context names may contain in braces. `cluster` is the name at the source. */
const fields: Readonly<Record<string, (cluster: Named) => string | undefined>> = {
  name: ({ title }) => title,
  cluster: ({ name }) => name,
  group: ({ group }) => group,
  environment: ({ environment }) => environment,
  account: ({ accountName, account }) => accountName ?? account,
  region: ({ region }) => region,
  source: ({ source }) => source,
};

/** The name of the cluster alone. */
export const defaultTemplate = '{name}';

/** Returns what is wrong with a template of context names, or undefined. */
export function templateProblem(template: string): string | undefined {
  const known = Object.keys(fields);
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(([, field = '']) => !known.includes(field));
  if (unknown !== undefined) return `must not have ${unknown[0]}: there are {${known.join('}, {')}}`;
  const rest = template.replace(/\{[^{}]*\}/g, '');
  if (/[^\w.@/:-]/.test(rest)) return 'must have only letters, digits and ._-@/: besides names in braces';
  if (!/\{(?:name|cluster)\}/.test(template)) return 'must have {name} or {cluster}';
  return undefined;
}

/** The names that kubeconfigs have, or had, and their clusters. */
export type GivenContextNames = Readonly<Record<string, ClusterId>>;

const longest = 200;

/**
 * Returns the names of clusters for kubeconfigs and command lines: ASCII letters, digits and `._-@/:`, beginning with a
 * letter, a digit or `_`, at most 200 characters, the same in every shell without quotes. They come from the title, or
 * from the id if the title has no ASCII letter, in the form of the template. Clusters that would share a name all get a
 * part of their id's hash, so that no name depends on the order of connecting, and none moves to another cluster. So does
 * a cluster whose name was given to another one, which may be gone.
 */
export function contextNames(
  clusters: Iterable<Named>,
  { given = {}, template = defaultTemplate }: ContextNaming = {},
): ReadonlyMap<ClusterId, string> {
  const byName = Map.groupBy(clusters, (cluster) => wanted(cluster, template));
  return new Map(
    [...byName].flatMap(([name, members]) =>
      members.map(
        ({ id }) => [id, members.length > 1 || isTaken(name, id, given) ? withId(name, id) : name] as const,
      ),
    ),
  );
}

/** Returns the name of one cluster. */
export function contextName(
  cluster: Named,
  clusters: Iterable<Named>,
  { given = {}, template = defaultTemplate }: ContextNaming = {},
): string {
  const own = wanted(cluster, template);
  const isShared =
    isTaken(own, cluster.id, given) ||
    [...clusters].some((one) => one.id !== cluster.id && wanted(one, template) === own);
  return isShared ? withId(own, cluster.id) : own;
}

/**
 * Matches a title that looks like a name with a hash. It gets a hash too, so that it cannot take another cluster's
 * name.
 */
const suffixed = /-[0-9a-f]{8}$/;

function isTaken(name: string, id: ClusterId, given: GivenContextNames): boolean {
  return suffixed.test(name) || (Object.hasOwn(given, name) && given[name] !== id);
}

/** Appends a part of the id's hash, which is the same on every computer, to distinguish clusters of the same name. */
export function withId(name: string, id: string): string {
  const suffix = `-${hash(id)}`;
  return name.endsWith(suffix) ? name : `${name.slice(0, longest - suffix.length)}${suffix}`;
}

/** Matches a title that is a valid name already, as most are. */
const validTitle = /^[A-Za-z](?:[\w.@:]|[-/](?=[\w.@:])){0,199}$/;

/** A cluster without one of the fields has a name without it, and without the separator beside it. */
function wanted(cluster: Named, template: string): string {
  const name = titleName(cluster);
  if (template === defaultTemplate) return name;
  const text = template.replace(/\{([^{}]*)\}/g, (_, field: string) =>
    field === 'name' ? name : safe(fields[field]?.(cluster) ?? ''),
  );
  return safe(text.replace(/([/:.@-])[/:.@-]+/g, '$1')).replace(/(?<![/:.@-])[/:.@-]+$/, '') || name;
}

function titleName({ id, title }: Named): string {
  if (validTitle.test(title)) return title;
  const fromTitle = safe(title);
  if (/[a-z]/i.test(fromTitle)) return fromTitle;
  return safe(
    id
      .split('/')
      .map(decoded)
      .join('/')
      .replace(/\/{2,}/g, '/'),
  );
}

function safe(text: string): string {
  return plainText(text)
    .replace(/[^\w.@/:-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[^A-Za-z0-9_]+/, '')
    .slice(0, longest)
    .replace(/(?<![/-])[/-]+$/, '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv. Browsers have no synchronous hash. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}
