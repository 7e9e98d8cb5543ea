import { badRequest, invalidPatch } from '../status.ts';
import { isFields, isKeyed, isSameItem } from './list-keys.ts';

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** A merge that knows the items of lists by their keys, and the directives of k8s.io/apimachinery/pkg/util/strategicpatch. */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...rest } = patch;
  const result: Record<string, unknown> = isFields(target) && directive !== 'replace' ? { ...target } : {};
  for (const [key, value] of Object.entries(rest).filter(([name]) => !name.startsWith('$'))) {
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(key, listOf(result[key]), value);
    else result[key] = strategicMerge(result[key], value);
  }
  for (const [key, value] of Object.entries(rest)) {
    const [, deletedFrom] = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key) ?? [];
    if (deletedFrom !== undefined) {
      result[deletedFrom] = listOf(result[deletedFrom]).filter((each) => !listOf(value).includes(each));
    }
    const [, ordered] = /^\$setElementOrder\/(.+)$/.exec(key) ?? [];
    if (ordered !== undefined) result[ordered] = inOrder(ordered, listOf(result[ordered]), listOf(value));
  }
  if (!Array.isArray(retained)) return result;
  return Object.fromEntries(Object.entries(result).filter(([key]) => retained.includes(key)));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function mergeList(name: string, target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (name === 'finalizers') return [...new Set([...target, ...patch])];
  const replaces = patch.some((item) => isFields(item) && item.$patch === 'replace');
  if (!isKeyed(name) || replaces) {
    return patch.filter((item) => !isFields(item) || item.$patch === undefined);
  }
  const result = [...target];
  for (const item of patch) {
    const at = result.findIndex((each) => isSameItem(name, each, item));
    if (isFields(item) && item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) result.push(strategicMerge({}, item));
    else result[at] = strategicMerge(result[at], item);
  }
  return result;
}

/** What the order does not name stays behind. */
function inOrder(name: string, items: readonly unknown[], order: readonly unknown[]): unknown[] {
  const rank = (item: unknown) => {
    const at = isKeyed(name) ? order.findIndex((each) => isSameItem(name, each, item)) : order.indexOf(item);
    return at < 0 ? order.length : at;
  };
  return items.toSorted((one, other) => rank(one) - rank(other));
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** RFC 6902 without `move` and `copy`. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  return (operations as readonly Operation[]).reduce<unknown>(applyOperation, target);
}

function applyOperation(target: unknown, operation: Operation): unknown {
  const steps = operation.path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.pop() ?? '';
  const copy = structuredClone(target);
  let at = copy as Record<string, unknown> | undefined;
  for (const step of steps) at = at?.[step] as typeof at;
  if (at === undefined || (operation.op !== 'add' && !(last in at))) {
    throw invalidPatch();
  }
  if (operation.op === 'test') {
    if (JSON.stringify(at[last]) === JSON.stringify(operation.value)) return copy;
    throw invalidPatch();
  }
  if (!Array.isArray(at)) {
    if (operation.op === 'remove') delete at[last];
    else at[last] = operation.value;
  } else if (operation.op === 'replace') at[Number(last)] = operation.value;
  else {
    const index = last === '-' ? at.length : Number(last);
    if (operation.op === 'remove') at.splice(index, 1);
    else at.splice(index, 0, operation.value);
  }
  return copy;
}

/** As Go prints a value with `%v`. */
export function goText(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isFields(value)) return String(value);
  const keys = Object.keys(value).sort((one, other) => (one < other ? -1 : 1));
  return `map[${keys.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
}
