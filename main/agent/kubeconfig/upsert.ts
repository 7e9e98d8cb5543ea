import { withId } from '../../model/context-name.ts';
import { type KubeconfigDocument, listNames, stanzas } from './document.ts';
import type { Change } from './plan.ts';
import { entryStanzas, field, type KubeconfigEntry, type OurStanza } from './stanza.ts';

/** Returns our stanzas after a change: existing ones, restored ones, and those of new or renewed entries. */
export function upsert(
  base: KubeconfigDocument,
  present: readonly OurStanza[],
  change: Change,
): readonly OurStanza[] {
  const foreign = listNames.flatMap((list) =>
    stanzas(base, list).map((item) => ({ name: String(field(item, 'name')), id: undefined })),
  );
  const restored = change.restore?.filter(({ id }) => !present.some((stanza) => stanza.id === id)) ?? [];
  let ours = [...present, ...restored];
  for (const entry of change.upsert ?? []) {
    const old = ours.find(({ list, id }) => list === 'contexts' && id === entry.id)?.item;
    const others = [
      ...foreign,
      ...ours.map(({ id, item }) => ({ id, name: item.name })),
      ...(change.taken ?? []),
    ];
    const taken = new Set(others.filter(({ id }) => id !== entry.id).map(({ name }) => name));
    const namespace = entry.namespace ?? field(old?.context, 'namespace');
    const stanzas = entryStanzas(
      entry,
      freeName(entry, old?.name, taken),
      typeof namespace === 'string' ? namespace : undefined,
    );
    const at = ours.findIndex(({ id }) => id === entry.id);
    const rest = ours.filter(({ id }) => id !== entry.id);
    ours = at < 0 ? [...rest, ...stanzas] : rest.toSpliced(Math.min(at, rest.length), 0, ...stanzas);
  }
  return ours;
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
