import { type Fields, isFields, itemKey } from './list-keys.ts';

/**
 * The fields of an object by their paths, each with its value as JSON. A path is the steps of `FieldsV1` (`f:spec`,
 * `k:{"name":"app"}`), joined; an item of a keyed list is a field too, with no value of its own.
 */
export type FieldPaths = ReadonlyMap<string, string>;

const separator = '\0';
const serverOwned =
  /^f:(apiVersion|kind|status|metadata\0f:(name|namespace|uid|resourceVersion|creationTimestamp|generation|generateName|deletionTimestamp|deletionGracePeriodSeconds|managedFields))(\0|$)/;

export function fieldPathsOf(object: Fields): FieldPaths {
  const found = new Map<string, string>();
  collect(object, [], found);
  for (const path of found.keys()) if (serverOwned.test(path)) found.delete(path);
  return found;
}

function collect(value: unknown, steps: readonly string[], found: Map<string, string>): void {
  const field = steps.at(-1)?.replace(/^f:/, '') ?? '';
  if (isFields(value) && Object.keys(value).length > 0) {
    for (const [name, each] of Object.entries(value)) collect(each, [...steps, `f:${name}`], found);
    return;
  }
  const keyed = Array.isArray(value) && value.length > 0 && itemKey(field, value[0]) !== undefined;
  if (!keyed) {
    found.set(steps.join(separator), JSON.stringify(value));
    return;
  }
  for (const item of value) {
    const step = `k:${JSON.stringify(itemKey(field, item))}`;
    found.set([...steps, step].join(separator), '');
    collect(item, [...steps, step], found);
  }
}

interface FieldsV1 {
  [step: string]: FieldsV1;
}

export function toFieldsV1(paths: Iterable<string>): FieldsV1 {
  const root: FieldsV1 = {};
  for (const path of paths) {
    let at = root;
    for (const step of path.split(separator)) at = at[step] ??= {};
    at['.'] = {};
  }
  return withoutLoneDots(root);
}

/** A leaf is told by being empty, and needs no dot. */
function withoutLoneDots(node: FieldsV1): FieldsV1 {
  const entries = Object.entries(node).filter(([step], _at, all) => step !== '.' || all.length > 1);
  return Object.fromEntries(entries.map(([step, each]) => [step, withoutLoneDots(each)]));
}

export function fromFieldsV1(node: FieldsV1, steps: readonly string[] = []): string[] {
  const inner = Object.entries(node).flatMap(([step, each]) =>
    step === '.' ? [] : fromFieldsV1(each, [...steps, step]),
  );
  const isMember = steps.length > 0 && (node['.'] !== undefined || inner.length === 0);
  return isMember ? [steps.join(separator), ...inner] : inner;
}

/** As a conflict names it: `.spec.containers[name="app"].image`. */
export function describePath(path: string): string {
  return path
    .split(separator)
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      const key = JSON.parse(step.slice(2)) as Fields;
      return `[${Object.entries(key)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    })
    .join('');
}

/** The object without one field, and without what the loss leaves empty. */
export function withoutPath(object: Fields, path: string): Fields {
  return (prune(object, path.split(separator)) as Fields | undefined) ?? {};
}

function prune(value: unknown, [step = '', ...rest]: readonly string[], list = ''): unknown {
  if (Array.isArray(value)) {
    const kept = value.flatMap((item) => {
      if (`k:${JSON.stringify(itemKey(list, item))}` !== step) return [item];
      return rest.length === 0 ? [] : [prune(item, rest)];
    });
    return kept.length > 0 ? kept : undefined;
  }
  if (!isFields(value)) return value;
  const name = step.slice(2);
  const { [name]: held, ...others } = value;
  const left = rest.length === 0 || held === undefined ? undefined : prune(held, rest, name);
  if (left !== undefined) return { ...value, [name]: left };
  return Object.keys(others).length > 0 ? others : undefined;
}
