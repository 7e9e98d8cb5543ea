import { type KubeconfigDocument, type ListName, listNames, stanzas } from './document.ts';
import type { FileState } from './plan.ts';
import { bodyOf, field, markOf, type OurStanza, type Plain } from './stanza.ts';

/** A stanza of ours, and its place in its list. */
export interface Owned {
  readonly index: number;
  readonly stanza: OurStanza;
}

/** A stanza that another agent wrote. */
export interface Stranger {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
}

/**
 * Returns every stanza of ours in a document, in the file's order, including what others changed in it. A stanza is ours if
 * it has our mark. Of several in one list with the same id, one is: the others are copies that the user made. So is a
 * context in a file where neither its cluster nor its user is ours, unless we wrote it there (`last`).
 */
export function ownedStanzas(
  document: KubeconfigDocument,
  owner: string,
  last: FileState | undefined,
): readonly Owned[] {
  const marked = listNames.flatMap((list) =>
    stanzas(document, list).flatMap((item, index) => {
      const mark = markOf(list, item);
      if (mark === undefined || (mark.owner !== undefined && mark.owner !== owner)) return [];
      return [{ index, stanza: { list, id: mark.id, item: item as OurStanza['item'] } }];
    }),
  );
  const groups = Map.groupBy(marked, ({ stanza: { list, id } }) => `${list} ${id}`);
  const wroteName = (list: ListName, id: string) =>
    last?.stanzas.find((stanza) => stanza.list === list && stanza.id === id)?.item.name;
  const single = new Set(
    [...groups.values()].map((group) => {
      const [first] = group;
      if (first === undefined || group.length === 1) return first;
      const { list, id } = first.stanza;
      const name = wroteName(list, id);
      const isOwnName = ({ stanza: { item } }: Owned) => item.name === field(bodyOf(list, item), 'cluster');
      return group.find(({ stanza }) => stanza.item.name === name) ?? group.find(isOwnName) ?? first;
    }),
  );
  return marked.filter((one) => {
    const { list, id } = one.stanza;
    if (!single.has(one)) return false;
    if (list !== 'contexts' || wroteName(list, id) !== undefined) return true;
    return groups.has(`clusters ${id}`) || groups.has(`users ${id}`);
  });
}

/** Returns the clusters of other agents in a document. */
export function strangersIn(document: KubeconfigDocument, owner: string): readonly Stranger[] {
  return stanzas(document, 'clusters').flatMap((item) => {
    const mark = markOf('clusters', item);
    if (mark?.owner === undefined || mark.owner === owner) return [];
    return [{ id: mark.id, owner: mark.owner, name: String(field(item, 'name')) }];
  });
}

/** What makes an entry useless beside our own fields. */
const conflicting: Readonly<Partial<Record<ListName, readonly string[]>>> = {
  clusters: ['insecure-skip-tls-verify', 'certificate-authority'],
  users: [
    'token',
    'tokenFile',
    'username',
    'password',
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'auth-provider',
  ],
};

/**
 * Returns our stanzas with what we wrote of clusters and users, whatever another program made of it, and with what the file
 * says of contexts, which are for the user to change. A cluster or a user that is missing beside its context is added.
 */
export function renewed(owned: readonly OurStanza[], last: FileState | undefined): readonly OurStanza[] {
  if (last === undefined) return owned;
  const has = (list: ListName, id: string) => owned.some((one) => one.list === list && one.id === id);
  const lost = last.stanzas.filter(
    ({ list, id }) => list !== 'contexts' && !has(list, id) && has('contexts', id),
  );
  const kept = owned.map((seen) => {
    const written = last.stanzas.find(({ list, id }) => list === seen.list && id === seen.id);
    return written === undefined || seen.list === 'contexts' ? seen : withOurFields(seen, written);
  });
  return [...kept, ...lost];
}

function withOurFields(seen: OurStanza, written: OurStanza): OurStanza {
  const key = seen.list.slice(0, -1);
  const ours = field(written.item, key);
  const theirs = field(seen.item, key);
  if (!isMapping(ours) || !isMapping(theirs)) return written;
  if (isIntact(seen, written)) return seen;
  const drop = conflicting[seen.list] ?? [];
  const extra = Object.entries(theirs).filter(([name]) => !Object.hasOwn(ours, name) && !drop.includes(name));
  const body = { ...ours, ...Object.fromEntries(extra) };
  return { ...seen, item: { ...written.item, [key]: body } };
}

/** Returns true if a cluster or a user still has all that we wrote, and nothing that makes it useless. */
export function isIntact(seen: OurStanza, written: OurStanza): boolean {
  const body = bodyOf(seen.list, seen.item);
  // An entry of the form `tls` has a token of ours.
  const ours = bodyOf(written.list, written.item);
  const drop = (conflicting[seen.list] ?? []).filter((name) => field(ours, name) === undefined);
  const isSet = (name: string) => {
    const value = field(body, name);
    return value !== undefined && value !== null && value !== '' && value !== false;
  };
  return seen.item.name === written.item.name && !drop.some(isSet) && contains(body, ours);
}

/** Returns true if all that `wanted` has is in `value`. kubectl adds empty fields when it rewrites a file. */
function contains(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (wanted.length === 0)
      return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    // Other programs add extensions, and kubectl sorts them.
    if (wanted.every((one) => field(one, 'extension') !== undefined))
      return Array.isArray(value) && wanted.every((one) => value.some((other) => contains(other, one)));
    return (
      Array.isArray(value) &&
      value.length === wanted.length &&
      wanted.every((one, index) => contains(value[index], one))
    );
  }
  if (!isMapping(wanted)) return value === wanted;
  return isMapping(value) && Object.entries(wanted).every(([key, inner]) => contains(value[key], inner));
}

function isMapping(value: unknown): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
