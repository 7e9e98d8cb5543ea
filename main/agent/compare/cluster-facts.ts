import { AppError, toPlainError } from '../../model/app-error.ts';
import type { Gap } from '../../model/comparison.ts';
import type { WorkloadKind } from '../../model/workload-kinds.ts';
import { type ApiReader, strange } from './api-reader.ts';
import { type Fact, fact, type WorkloadFacts } from './facts.ts';
import { versionSchema } from './kube-objects.ts';
import { readList } from './list-pages.ts';
import { nodeFacts, nodeOf, podOf, summaries } from './summaries.ts';

/** The most characters of workloads that are held of a cluster. Those of a thousand take one million. */
const charactersAtMost = 8 * 1024 * 1024;

/** What is known of one cluster. A part that could not be read is a gap, and the others are known. */
export interface ClusterFacts {
  readonly facts: readonly Fact[];
  readonly workloads: readonly WorkloadFacts[];
  readonly gaps: readonly Gap[];
}

/**
 * Reads what is compared of a cluster: version, nodes, and the workloads of a namespace with their pods' restarts, all at
 * the same time. Rejects with the first error if nothing that needs a credential can be read.
 */
export async function readFacts(
  reader: Pick<ApiReader, 'get'>,
  how: {
    readonly namespace: string;
    readonly kinds: readonly WorkloadKind[];
    /** Names the server in errors. */
    readonly server: string;
    readonly signal: AbortSignal;
  },
): Promise<ClusterFacts> {
  const { namespace, kinds, server, signal } = how;
  const gaps: Gap[] = [];
  const errors = new Map<Gap['of'], unknown>();
  const part = async <T>(of: Gap['of'], work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      errors.set(of, error);
      gaps.push({ of, error: toPlainError(error) });
      return undefined;
    }
  };
  const listed = <T>(path: string, read: (object: unknown) => T) =>
    readList(reader, { path, read, server, signal });
  let room = charactersAtMost;
  const bounded = (read: (object: unknown) => WorkloadFacts) => (object: unknown) => {
    const workload = read(object);
    room -= workload.facts.reduce(
      (sum, { text, key }) => sum + text.length + key.length,
      workload.name.length,
    );
    if (room >= 0) return workload;
    throw new AppError('answer-refused', `${server} has too many workloads in ${namespace} to compare them.`);
  };
  const within = (group: string, resource: string) => `${group}/namespaces/${namespace}/${resource}`;
  const checkNamespace = async () => {
    try {
      await reader.get(`/api/v1/namespaces/${namespace}`, signal);
    } catch (error) {
      // Many users may not read the namespace itself. Only a missing one matters.
      if (error instanceof AppError && error.code === 'not-found')
        throw new AppError('not-found', `There is no namespace ${namespace}.`, {
          hint: 'Name another with --namespace.',
        });
    }
  };

  const [version, nodes, , pods, ...workloads] = await Promise.all([
    part(
      'version',
      reader.get('/version', signal).then((answer) => versionOf(answer, server)),
    ),
    part('nodes', listed('/api/v1/nodes', nodeOf)),
    part('namespace', checkNamespace()),
    part('pods', listed(within('/api/v1', 'pods'), podOf)),
    ...kinds.map((kind) => {
      const { group, resource, read } = summaries[kind];
      return part(kind, listed(within(`/apis/${group}`, resource), bounded(read)));
    }),
  ]);
  const [first = 'pods'] = kinds;
  // The version is public: an API server that says no more is as good as unreachable.
  if ([nodes, pods, ...workloads].every((one) => one === undefined)) throw errors.get(first);

  const restarts = new Map<string, number>();
  for (const { workload, restarts: count } of pods ?? [])
    if (workload !== undefined) restarts.set(workload, (restarts.get(workload) ?? 0) + count);
  return {
    facts: [...(version === undefined ? [] : [version]), ...(nodes === undefined ? [] : nodeFacts(nodes))],
    workloads: workloads
      .flatMap((list) => list ?? [])
      .map((one) =>
        pods === undefined || one.kind === 'CronJob'
          ? one
          : {
              ...one,
              facts: [...one.facts, fact('restarts', String(restarts.get(`${one.kind}/${one.name}`) ?? 0))],
            },
      ),
    gaps,
  };
}

function versionOf(answer: unknown, server: string): Fact {
  const { data, error } = versionSchema.safeParse(answer);
  if (data === undefined) throw strange(server, error);
  return fact('version', data.gitVersion);
}
