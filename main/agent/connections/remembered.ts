import path from 'node:path';
import { z } from 'zod';
import { type ClusterId, clusterIdSchema } from '../../model/cluster.ts';
import { kubeconfigSourceSchema } from '../../model/kubeconfig-source.ts';
import type { KubeconfigSource } from '../kubeconfig/kubeconfig.ts';
import type { Logger } from '../parts.ts';
import { jsonList } from '../storage/json-list.ts';

const connectionSchema = z.object({
  cluster: clusterIdSchema,
  /** The kubeconfig of the last connect or switch. */
  place: kubeconfigSourceSchema,
  /** Other kubeconfigs with its entry. */
  others: z.array(kubeconfigSourceSchema).optional(),
  /** `kept`: an on-demand context, whose tunnel is closed. `again`: the next start reopens it. */
  status: z.enum(['open', 'kept', 'again']).default('open'),
});
export type Connection = z.infer<typeof connectionSchema>;

/** A connection that was stored with another status, or that has none any more. */
export interface ConnectionChange {
  readonly cluster: ClusterId;
  readonly before: Connection['status'] | undefined;
  readonly after: Connection['status'] | undefined;
}

/** The clusters whose kubeconfig entries are ours, in memory and on disk. */
export interface Remembered {
  get(id: ClusterId): Connection | undefined;
  all(): readonly Connection[];
  idsOf(status: Connection['status']): readonly ClusterId[];
  /** Rejects as `JsonFile.write` does. Nothing is changed then, in memory either. */
  put(connections: readonly Connection[]): Promise<void>;
  drop(ids: readonly ClusterId[]): Promise<void>;
  /** Says that these are being connected, until the returned function is called: who does it closes what fails. */
  expect(ids: readonly ClusterId[]): () => void;
  isExpected(id: ClusterId): boolean;
}

export async function readRemembered(options: {
  readonly folder: string;
  readonly logger: Logger;
  readonly onKept?: ((kept: readonly ClusterId[]) => void) | undefined;
  /** Called for each connection that was stored or removed. */
  readonly onConnection?: ((change: ConnectionChange) => void) | undefined;
}): Promise<Remembered> {
  const { folder, logger, onKept = () => {}, onConnection = () => {} } = options;
  const file = jsonList<Connection>({
    file: path.join(folder, 'connections.json'),
    version: 1,
    entry: connectionSchema,
    onUnreadable: (name, reason) =>
      logger.warn('The stored connections cannot be read', { file: name, reason }),
  });
  const known = new Map((await file.read())?.map((connection) => [connection.cluster, connection]));
  const idsOf = (status: Connection['status']) =>
    [...known.values()].flatMap((one) => (one.status === status ? one.cluster : []));
  const change = (apply: () => void) => {
    const before = idsOf('kept');
    apply();
    const kept = idsOf('kept');
    if (kept.join('\n') !== before.join('\n')) onKept(kept);
  };
  const setAll = (connections: Iterable<readonly [ClusterId, Connection | undefined]>) => {
    for (const [id, connection] of connections) {
      if (connection === undefined) known.delete(id);
      else known.set(id, connection);
    }
  };
  /** What the disk does not have is not remembered either: the caller undoes the rest or tries again. */
  const save = async (next: ReadonlyMap<ClusterId, Connection | undefined>) => {
    const before = [...next.keys()].map((id) => [id, known.get(id)] as const);
    change(() => setAll(next));
    try {
      await file.write([...known.values()]);
    } catch (error) {
      // A later change of the same cluster stays.
      const undone = before.filter(([id]) => known.get(id) === next.get(id));
      change(() => setAll(undone));
      throw error;
    }
    for (const [cluster, connection] of before)
      onConnection({ cluster, before: connection?.status, after: next.get(cluster)?.status });
  };
  const expected = new Set<readonly ClusterId[]>();
  return {
    expect(ids) {
      const own = [...ids];
      expected.add(own);
      return () => void expected.delete(own);
    },
    isExpected: (id) => [...expected].some((ids) => ids.includes(id)),
    get: (id) => known.get(id),
    all: () => [...known.values()],
    idsOf,
    put: (connections) => save(new Map(connections.map((connection) => [connection.cluster, connection]))),
    drop: (ids) => save(new Map(ids.map((id) => [id, undefined]))),
  };
}

/** Converts the stored form: JSON has no undefined, so an unset KUBECONFIG comes back as a missing field. */
export function sourceOf({ place: source }: Connection): KubeconfigSource {
  return { kubeconfig: source.kubeconfig, cwd: source.cwd, home: source.home };
}

/** How many kubeconfigs of a cluster to remember. */
const sourcesAtMost = 20;

/** Returns a connection whose latest kubeconfig is `source`. Keeps the earlier ones. */
export function withSource(
  connection: Connection | undefined,
  {
    cluster,
    source,
    status,
  }: { readonly cluster: ClusterId } & {
    readonly source: KubeconfigSource;
    readonly status: Connection['status'];
  },
): Connection {
  const others = allSources(connection).filter((one) => keyOf(one) !== keyOf(source));
  return {
    cluster,
    place: { ...source },
    status,
    ...(others.length === 0 ? {} : { others: others.slice(0, sourcesAtMost - 1).map((one) => ({ ...one })) }),
  };
}

/** Returns the kubeconfigs of a connection, the latest first. */
function allSources(connection: Connection | undefined): readonly KubeconfigSource[] {
  if (connection === undefined) return [];
  return [connection.place, ...(connection.others ?? [])].map((source) =>
    sourceOf({ ...connection, place: source }),
  );
}

/** Two kubeconfigs are the same if their fields are. */
export function keyOf({ kubeconfig, cwd, home }: KubeconfigSource): string {
  return JSON.stringify([kubeconfig, cwd, home]);
}

/** Returns the same connections, once for each of their kubeconfigs. */
export function inEachSource(connections: readonly Connection[]): readonly Connection[] {
  return connections.flatMap((connection) =>
    allSources(connection).map((source) => ({ ...connection, place: { ...source } })),
  );
}

/** Groups connections by their latest kubeconfig, so that each is edited once. */
export function bySource(
  connections: readonly Connection[],
): readonly (readonly [KubeconfigSource, readonly ClusterId[]])[] {
  const groups = Map.groupBy(connections, (connection) => keyOf(sourceOf(connection)));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [[sourceOf(first), group.map(({ cluster }) => cluster)] as const];
  });
}
