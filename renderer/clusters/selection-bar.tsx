import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { loadComparisonView } from '../compare/compare-page.tsx';
import { SaveSet } from './save-set.tsx';
import { clustersText } from './text.ts';
import './selection-bar.css';

/** How many clusters the agent compares at once. */
const comparable = { least: 2, most: 100 };

interface Choice {
  readonly title: string;
  readonly hint?: string;
  readonly shortcut?: string;
  readonly isOff: boolean;
  readonly act: () => unknown;
}

/** Actions for the selected clusters. Escape clears the selection, `c` compares them. */
export function SelectionBar({
  selected,
  onClear,
  onCompare,
}: {
  readonly selected: ReadonlySet<ClusterId>;
  readonly onClear: () => void;
  /** Compares the clusters, in the order in which they were selected. */
  readonly onCompare: (clusters: readonly ClusterId[]) => void;
}) {
  const actions = useActions();
  const clusters = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const favourites = useAgent((agent) => agent.favourites);
  const [isNaming, setNaming] = useState(false);
  const bar = useRef<HTMLElement>(null);
  const known = [...selected].flatMap((id) => clusters.get(id) ?? []);
  const canCompare = known.length >= comparable.least && known.length <= comparable.most;
  const compare = () => onCompare(known.map(({ id }) => id));
  const isShown = () => bar.current?.checkVisibility() === true;
  useDocumentKeys((event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || !isShown()) return;
    event.preventDefault();
    onClear();
  });
  // Before what takes a letter to the search field.
  useDocumentKeys(
    (event) => {
      if (!isCompareKey(event) || !isShown()) return;
      event.preventDefault();
      if (canCompare) compare();
      else actions.showDone(clustersText.selection.compareLimits(comparable.least, comparable.most));
    },
    { capture: true },
  );
  useEffect(() => {
    // So that the page is there when it is asked for. A failure shows then.
    if (canCompare) loadComparisonView().catch(() => {});
  }, [canCompare]);
  if (known.length === 0) return null;
  const idsOf = (some: typeof known) => some.map(({ id }) => id);
  const closed = idsOf(known.filter(({ id, reach }) => reach.kind !== 'none' && !open.has(id)));
  const opened = idsOf(known.filter(({ id }) => open.has(id)));
  const starless = idsOf(known.filter(({ id }) => !favourites.includes(id)));
  const choices: readonly Choice[] = [
    {
      title: clustersText.selection.connect,
      isOff: closed.length === 0,
      act: () => actions.connect(...closed),
    },
    {
      title: clustersText.selection.disconnect,
      isOff: opened.length === 0,
      act: () => actions.disconnect(...opened),
    },
    {
      title: clustersText.selection.compare,
      hint: clustersText.selection.compareHint,
      shortcut: 'c',
      isOff: !canCompare,
      act: compare,
    },
    {
      title: clustersText.selection.star,
      isOff: starless.length === 0,
      act: () => Promise.all(starless.map((id) => actions.star(id, true))),
    },
  ];
  return (
    <section className="selection-bar" aria-label={clustersText.selection.title} ref={bar}>
      <span role="status">{clustersText.selection.count(known.length)}</span>
      {choices.map(({ title, hint, shortcut, isOff, act }) => (
        <button
          key={title}
          type="button"
          className="button small"
          title={hint}
          aria-keyshortcuts={shortcut}
          disabled={isOff}
          onClick={() => void act()}
        >
          {title}
        </button>
      ))}
      <button
        type="button"
        className="button small"
        // The limit of a set.
        disabled={known.length > 50}
        onClick={() => setNaming(true)}
      >
        {clustersText.selection.save}
      </button>
      <SaveSet clusters={idsOf(known)} isOpen={isNaming} onClose={() => setNaming(false)} />
      <button
        type="button"
        className="icon-button small"
        aria-label={clustersText.selection.clear}
        title={clustersText.selection.clear}
        onClick={onClear}
      >
        <X size={14} />
      </button>
    </section>
  );
}

/** Calls `hear` with every key that reaches the document; with `capture`, before anything in it has heard the key. */
function useDocumentKeys(
  hear: (event: KeyboardEvent) => void,
  { capture = false }: { readonly capture?: boolean } = {},
): void {
  const latest = useRef(hear);
  useEffect(() => {
    latest.current = hear;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => latest.current(event);
    document.addEventListener('keydown', listen, capture);
    return () => document.removeEventListener('keydown', listen, capture);
  }, [capture]);
}

/** Returns true for the plain key in the list or in the bar: elsewhere it is a letter. */
function isCompareKey({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  return (
    key === 'c' &&
    !(ctrlKey || metaKey || altKey) &&
    target instanceof Element &&
    (target === document.body || target.closest('.clusters, .selection-bar') !== null)
  );
}
