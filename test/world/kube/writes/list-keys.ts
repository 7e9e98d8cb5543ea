/**
 * By which fields the items of a list are told apart, as `x-kubernetes-list-map-keys` and the patch merge keys of the
 * kinds served here have it. A list that is not named is one value.
 */
const keys: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  containers: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ownerReferences: ['uid'],
  ports: ['containerPort', 'port', 'protocol'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
};
const protocol = 'TCP';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields that name an item; undefined where the list that holds it is one value. */
export function itemKey(list: string, item: unknown): Fields | undefined {
  const names = keys[list];
  if (names === undefined || !isFields(item)) return undefined;
  const found = names.flatMap((name) => {
    const value = item[name] ?? (name === 'protocol' ? protocol : undefined);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

export const isSameItem = (list: string, one: unknown, other: unknown): boolean =>
  JSON.stringify(itemKey(list, one)) === JSON.stringify(itemKey(list, other));

export const isKeyed = (list: string): boolean => keys[list] !== undefined;
