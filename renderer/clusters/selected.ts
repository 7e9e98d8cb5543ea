import type { ClusterId } from '../../main/model/cluster.ts';

/** Returns `selected` with `id` toggled. */
export function toggled(selected: ReadonlySet<ClusterId>, id: ClusterId): ReadonlySet<ClusterId> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Returns `selected` plus all of `ids` between two rows. */
export function extended(
  selected: ReadonlySet<ClusterId>,
  ids: readonly ClusterId[],
  from: ClusterId,
  to: ClusterId,
): ReadonlySet<ClusterId> {
  const [first, last] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return new Set([...selected, ...ids.slice(Math.max(0, first ?? 0), (last ?? 0) + 1)]);
}
