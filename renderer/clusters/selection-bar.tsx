import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { ClusterId } from '../../main/model/cluster.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { SaveSet } from './save-set.tsx';
import { clustersText } from './text.ts';
import './selection-bar.css';

/** Actions for the selected clusters. Escape clears the selection. */
export function SelectionBar({
  selected,
  onClear,
}: {
  readonly selected: ReadonlySet<ClusterId>;
  readonly onClear: () => void;
}) {
  const actions = useActions();
  const clusters = useAgent((agent) => agent.clusters);
  const open = useAgent((agent) => agent.open);
  const favourites = useAgent((agent) => agent.favourites);
  const [isNaming, setNaming] = useState(false);
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || bar.current?.checkVisibility() !== true) return;
      event.preventDefault();
      onClear();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [onClear]);
  const known = [...selected].flatMap((id) => clusters.get(id) ?? []);
  if (known.length === 0) return null;
  const idsOf = (some: typeof known) => some.map(({ id }) => id);
  const closed = idsOf(known.filter(({ id, reach }) => reach.kind !== 'none' && !open.has(id)));
  const opened = idsOf(known.filter(({ id }) => open.has(id)));
  const starless = idsOf(known.filter(({ id }) => !favourites.includes(id)));
  const choices = [
    [clustersText.selection.connect, closed, () => actions.connect(...closed)],
    [clustersText.selection.disconnect, opened, () => actions.disconnect(...opened)],
    [clustersText.selection.star, starless, () => Promise.all(starless.map((id) => actions.star(id, true)))],
  ] as const;
  return (
    <section className="selection-bar" aria-label={clustersText.selection.title} ref={bar}>
      <span role="status">{clustersText.selection.count(known.length)}</span>
      {choices.map(([title, ids, act]) => (
        <button
          key={title}
          type="button"
          className="button small"
          disabled={ids.length === 0}
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
