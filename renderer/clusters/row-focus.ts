import type { ClusterId } from '../../main/model/cluster.ts';

/** Returns the cluster of the row around `target`. */
export function rowOf(target: EventTarget): ClusterId | undefined {
  const row = target instanceof Element ? target.closest('[data-cluster]') : null;
  return (row?.getAttribute('data-cluster') as ClusterId | null) ?? undefined;
}

/** Returns whether `target` is in a control, or in the row of a removed cluster: a click there opens nothing. */
export function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('button, input, a, [data-gone]') !== null;
}

/** Focuses the first row within `part`. */
export function focusFirstRow(part: Element, options?: FocusOptions): void {
  part.querySelector<HTMLElement>('[data-row-stop] input, button[data-row-stop]')?.focus(options);
}

/** Focuses the row of a cluster, if it is rendered. */
export function focusRow(list: Element, id: ClusterId | undefined, options?: FocusOptions): void {
  if (id === undefined) return;
  const row = list.querySelector(`[data-cluster="${CSS.escape(id)}"]`);
  if (row !== null) focusFirstRow(row, options);
}
