import type { ClusterId } from '../../main/model/cluster.ts';
import { headHeight, type Item, rowHeight } from './items.ts';

const movement = { duration: 160, easing: 'ease-out' } as const;

/**
 * Animates rows to their new positions after a change. `scrolled` is how far the list was scrolled with it, in px. Does
 * nothing if the user prefers reduced motion.
 */
export function moveRows(
  list: HTMLElement,
  change: { readonly before: readonly Item[]; readonly after: readonly Item[]; readonly scrolled: number },
): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const [before, after] = [startsOf(change.before), startsOf(change.after)];
  for (const row of list.querySelectorAll<HTMLElement>('[data-cluster]')) {
    const id = row.dataset.cluster as ClusterId;
    const [from, to] = [before.get(id), after.get(id)];
    if (from === undefined || to === undefined) continue;
    const by = from - to + change.scrolled;
    // A row from outside the visible list would only flicker.
    if (by === 0 || Math.abs(by) > list.clientHeight) continue;
    row.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], movement);
  }
}

/** px from the top of the list. */
function startsOf(items: readonly Item[]): ReadonlyMap<ClusterId, number> {
  const starts = new Map<ClusterId, number>();
  let at = 0;
  for (const item of items) {
    if (item.kind === 'row') starts.set(item.cluster.id, at);
    at += item.kind === 'row' ? rowHeight : headHeight;
  }
  return starts;
}
