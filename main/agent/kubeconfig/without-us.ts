import { currentContext, type KubeconfigDocument, parseDocument, stanzas } from './document.ts';
import { ownedStanzas, renewed } from './ownership.ts';
import type { FileState } from './plan.ts';
import { removals } from './removal.ts';
import type { OurStanza } from './stanza.ts';
import { applyEdits } from './text-edit.ts';
import { verify } from './verify.ts';

/** Returns the text without our entries, if no other program wrote since. */
export function undo(text: string, state: FileState): string {
  let result = '';
  let position = 0;
  let shift = 0;
  for (const { at, before, length } of state.edits) {
    result += text.slice(position, at + shift) + before;
    position = at + shift + length;
    shift += length - before.length;
  }
  return result + text.slice(position);
}

/** Returns the text without our entries after other programs wrote: our stanzas are recognised by their extension. */
export function withoutUs(document: KubeconfigDocument, owner: string, last: FileState | undefined) {
  const owned = ownedStanzas(document, owner, last);
  const ours = owned.map(({ stanza }) => stanza);
  const name = currentContext(document);
  const choice =
    ours
      .filter(({ list, item }) => list === 'contexts' && item.name === name)
      .map(({ id }) => ({ id, context: String(name) }))
      .at(0) ?? last?.choices.find(({ context }) => context === name);
  const earlier = last?.choices.filter(({ id }) => id !== choice?.id) ?? [];
  // After the user switched to a context of their own, we restore none.
  const choices = choice === undefined ? [] : [...earlier, choice];
  if (ours.length === 0 && choice === undefined) return { base: document, stanzas: ours, choices };
  const isOurs = (list: OurStanza['list'], index: number) =>
    owned.some((one) => one.index === index && one.stanza.list === list);
  const edits = removals(document, {
    isOurs,
    found: last?.found ?? {
      lists: { clusters: '[]', contexts: '[]', users: '[]' },
      current: { source: '""', value: '' },
    },
    restoreCurrent: choice !== undefined,
  });
  const base = parseDocument(applyEdits(document.text, edits), document.file);
  const foreign = (list: OurStanza['list']) =>
    stanzas(document, list).filter((_, index) => !isOurs(list, index));
  verify({
    before: document,
    after: base,
    lists: { clusters: foreign('clusters'), contexts: foreign('contexts'), users: foreign('users') },
    current: choice === undefined ? name : last?.found.current?.value || undefined,
  });
  return { base, stanzas: renewed(ours, last), choices };
}
