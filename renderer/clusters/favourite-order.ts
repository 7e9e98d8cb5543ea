import type { ClusterId } from '../../main/model/cluster.ts';

/**
 * Returns the order of all favourites after the one that is `from`th among the `shown` becomes the `to`th of them;
 * undefined if nothing moves. Favourites that are shown elsewhere, such as connected ones, keep their position.
 */
export function reordered(
  all: readonly ClusterId[],
  shown: readonly ClusterId[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly ClusterId[] | undefined {
  const [moved, target] = [shown[from], shown[to]];
  if (moved === undefined || target === undefined || from === to) return undefined;
  const others = all.filter((id) => id !== moved);
  return others.toSpliced(others.indexOf(target) + Number(to > from), 0, moved);
}
