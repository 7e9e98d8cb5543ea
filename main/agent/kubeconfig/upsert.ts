import { withId } from '../../model/context-name.ts';
import { type KubeconfigDocument, type ListName, listNames, stanzas } from './document.ts';
import type { Change } from './plan.ts';
import {
  bodyOf,
  type EntryNames,
  entryStanzas,
  extensionName,
  extensionsOf,
  field,
  type KubeconfigEntry,
  markOf,
  type OurStanza,
} from './stanza.ts';

/** Returns our stanzas after a change: existing ones, restored ones, and those of new or renewed entries. */
export function upsert(
  base: KubeconfigDocument,
  present: readonly OurStanza[],
  { owner, ...change }: Pick<Change, 'restore' | 'upsert' | 'taken'> & { readonly owner: string },
): readonly OurStanza[] {
  const foreign = listNames.flatMap((list) =>
    stanzas(base, list).map((item) => ({ name: String(field(item, 'name')), id: undefined })),
  );
  const restored = change.restore?.filter(({ id }) => !present.some((stanza) => stanza.id === id)) ?? [];
  let ours = [...present, ...restored];
  for (const entry of change.upsert ?? []) {
    const old = (list: ListName) => ours.find((one) => one.list === list && one.id === entry.id)?.item;
    const others = [
      ...foreign,
      ...ours.map(({ id, item }) => ({ id, name: item.name })),
      ...(change.taken ?? []),
    ];
    const taken = new Set(others.filter(({ id }) => id !== entry.id).map(({ name }) => name));
    const theirExtensions = (list: ListName) =>
      extensionsOf(list, old(list)).filter((extension) => field(extension, 'name') !== extensionName);
    const stanzas = entryStanzas(entry, owner, namesOf(entry, old, taken), theirExtensions);
    const at = ours.findIndex(({ id }) => id === entry.id);
    const rest = ours.filter(({ id }) => id !== entry.id);
    ours = at < 0 ? [...rest, ...stanzas] : rest.toSpliced(Math.min(at, rest.length), 0, ...stanzas);
  }
  return ours;
}

/** Returns the names of an entry. What the user changed in our context stays: its name, its user, its namespace. */
function namesOf(
  entry: KubeconfigEntry,
  old: (list: ListName) => OurStanza['item'] | undefined,
  taken: ReadonlySet<string>,
): EntryNames {
  const context = old('contexts');
  const text = (key: string) => {
    const value = field(bodyOf('contexts', context), key);
    return typeof value === 'string' ? value : undefined;
  };
  const oldName = text('cluster') ?? context?.name;
  const cluster = freeName(entry, oldName, taken);
  if (context === undefined)
    return { cluster, context: cluster, contextUser: cluster, namespace: entry.namespace };
  const isRenamed = context.name !== oldName && context.name !== '' && !taken.has(context.name);
  const user = text('user');
  const isTheirUser = user !== undefined && user !== oldName && user !== old('users')?.name;
  const seen = text('namespace');
  const mark = markOf('contexts', context);
  // An entry of an earlier version does not say which namespace it was written with.
  const isOurs = mark?.owner === undefined ? seen === undefined : seen === mark.namespace;
  return {
    cluster,
    context: isRenamed ? context.name : cluster,
    contextUser: isTheirUser ? user : cluster,
    namespace: isOurs ? entry.namespace : seen,
  };
}

/**
 * Returns the wanted name, or that name with a part of the id's hash if another stanza has it. The hash does not depend
 * on the order of the clusters. An existing name stays while it is free.
 */
function freeName(
  { id, name }: KubeconfigEntry,
  old: string | undefined,
  taken: ReadonlySet<string>,
): string {
  const own = withId(name, id);
  if (!taken.has(name) && old !== own) return name;
  if (!taken.has(own)) return own;
  let number = 2;
  while (taken.has(`${own}-${number}`)) number += 1;
  return `${own}-${number}`;
}
