import { type KubeObject, kubeTime } from '../objects.ts';
import { apiVersionOf, type ResourceType } from '../resource-types.ts';
import { applyConflict } from '../status.ts';
import type { Draft } from '../store.ts';
import { describePath, fieldPathsOf, fromFieldsV1, toFieldsV1, withoutPath } from './field-paths.ts';
import type { Fields } from './list-keys.ts';
import { strategicMerge } from './patches.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly time: string;
  readonly paths: ReadonlySet<string>;
}

type Entry = Omit<Manager, 'paths'> & { readonly fieldsV1?: Parameters<typeof fromFieldsV1>[0] };

/** What a write leaves, with the managers of its fields: who changed a field owns it from then on. */
export function update(given: {
  readonly type: ResourceType;
  readonly manager: string;
  readonly live: KubeObject | undefined;
  readonly next: Draft;
}): Draft {
  const { type, manager, live, next } = given;
  const before = fieldPathsOf(live ?? {});
  const after = fieldPathsOf(next);
  const changed = [...after].filter(([path, value]) => before.get(path) !== value).map(([path]) => path);
  const known = managersOf(next.metadata.managedFields ?? live?.metadata.managedFields);
  const isMine = (each: Manager) => each.manager === manager && each.operation === 'Update';
  const mine = new Set([...(known.find(isMine)?.paths ?? []), ...changed]);
  const others = known.filter((each) => !isMine(each)).map((each) => without(each, changed));
  const time = kubeTime();
  const mineNow = changed.length > 0 || known.some(isMine);
  return withManagers(type, next, after, [
    ...others,
    ...(mineNow ? [{ manager, operation: 'Update' as const, time, paths: mine }] : []),
  ]);
}

/**
 * Server-side apply: the manager owns what it applies, and what it applied no longer goes unless another owns it too.
 * Rejects with 409 where it would change another's field, unless it forces.
 */
export function apply(given: {
  readonly type: ResourceType;
  readonly manager: string;
  readonly force: boolean;
  readonly live: KubeObject | undefined;
  readonly config: Draft;
}): Draft {
  const { type, manager, force, live, config } = given;
  const applied = new Set(fieldPathsOf(config).keys());
  const known = managersOf(live?.metadata.managedFields);
  const isMine = (each: Manager) => each.manager === manager && each.operation === 'Apply';
  const others = known.filter((each) => !isMine(each));
  const annotations = live?.metadata.annotations ?? {};
  const migrates = manager === 'kubectl' && annotations[lastApplied] !== undefined;
  const merged = strategicMerge(
    live ?? {},
    migrates
      ? {
          ...config,
          metadata: {
            ...config.metadata,
            annotations: { ...config.metadata.annotations, [lastApplied]: `${JSON.stringify(config)}\n` },
          },
        }
      : config,
  ) as Draft;
  // What kubectl applied from the client, and nobody changed since, it may change from here too.
  const allowed = migrates
    ? fieldPathsOf(JSON.parse(annotations[lastApplied] ?? '{}'))
    : new Map<string, string>();
  const dropped = [...(known.find(isMine)?.paths ?? [])].filter(
    (path) => !applied.has(path) && !others.some(({ paths }) => paths.has(path)),
  );
  // The longest paths first: an item goes after its fields.
  const next = dropped
    .toSorted((one, other) => other.length - one.length)
    .reduce<Fields>((object, path) => withoutPath(object, path), merged) as Draft;

  const before = fieldPathsOf(live ?? {});
  const after = fieldPathsOf(next);
  const changed = [...after]
    .filter(([path, value]) => before.has(path) && before.get(path) !== value)
    .map(([path]) => path);
  const conflicts = others.flatMap((each) =>
    changed
      .filter(
        (path) =>
          each.paths.has(path) &&
          !(allowed.has(path) && allowed.get(path) === before.get(path)) &&
          !path.endsWith(lastApplied),
      )
      .map((path) => ({ ...each, path, field: describePath(path) })),
  );
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts, apiVersionOf(type));
  return withManagers(type, next, after, [
    { manager, operation: 'Apply', time: kubeTime(), paths: applied },
    ...others.map((each) =>
      without(
        each,
        conflicts.map(({ path }) => path),
      ),
    ),
  ]);
}

function managersOf(managedFields: unknown): Manager[] {
  return ((managedFields ?? []) as readonly Entry[]).map(({ fieldsV1 = {}, ...entry }) => ({
    ...entry,
    paths: new Set(fromFieldsV1(fieldsV1)),
  }));
}

const without = (manager: Manager, paths: readonly string[]): Manager => ({
  ...manager,
  paths: new Set([...manager.paths].filter((path) => !paths.includes(path))),
});

function withManagers(
  type: ResourceType,
  object: Draft,
  present: ReadonlyMap<string, string>,
  managers: readonly Manager[],
): Draft {
  const order = ({ operation, time, manager }: Manager) => `${operation} ${time} ${manager}`;
  const sorted = managers.toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
  const managedFields = sorted.flatMap(({ paths, ...entry }) => {
    const held = [...paths].filter((path) => present.has(path));
    if (held.length === 0) return [];
    const fieldsV1 = toFieldsV1(held);
    return [{ ...entry, apiVersion: apiVersionOf(type), fieldsType: 'FieldsV1', fieldsV1 }];
  });
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
