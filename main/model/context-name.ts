import type { Cluster, ClusterId } from './cluster.ts';
import { plainText } from './plain-text.ts';

type Named = Pick<Cluster, 'id' | 'title'>;

/** The names that kubeconfigs have, or had, and their clusters. */
export type GivenContextNames = Readonly<Record<string, ClusterId>>;

const longest = 200;

/**
 * Returns the names of clusters for kubeconfigs and command lines: ASCII letters, digits and `._-@/:`, beginning with a
 * letter, a digit or `_`, at most 200 characters, the same in every shell without quotes. They come from the title, or
 * from the id if the title has no ASCII letter. Clusters that would share a name all get a part of their id's hash, so
 * that no name depends on the order of connecting, and none moves to another cluster. So does a cluster whose name was
 * given to another one, which may be gone.
 */
export function contextNames(
  clusters: Iterable<Named>,
  given: GivenContextNames = {},
): ReadonlyMap<ClusterId, string> {
  const byName = Map.groupBy(clusters, wanted);
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
  given: GivenContextNames = {},
): string {
  const own = wanted(cluster);
  const isShared =
    isTaken(own, cluster.id, given) ||
    [...clusters].some((one) => one.id !== cluster.id && wanted(one) === own);
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
const usual = /^[A-Za-z](?:[\w.@:]|[-/](?=[\w.@:])){0,199}$/;

function wanted({ id, title }: Named): string {
  if (usual.test(title)) return title;
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
