import { z } from 'zod';
import { AppError } from '../model/app-error.ts';
import type { OpenCluster, OpenClusters } from './open-clusters.ts';

/** A kind of object of a cluster, as requests name it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural. */
  readonly resource: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** A kind whose names no discovery is needed for: [plural, kind, short names]. */
type Known = readonly [resource: string, kind: string, ...short: string[]];
const namespaced = (group: string, version: string, ...known: readonly Known[]) =>
  known.map(([resource, kind, ...short]) => ({ group, version, resource, kind, short, isNamespaced: true }));
const inCluster = (group: string, version: string, ...known: readonly Known[]) =>
  namespaced(group, version, ...known).map((one) => ({ ...one, isNamespaced: false }));

/** The kinds that are asked for most. Others are looked up. */
const wellKnown = [
  ...namespaced(
    '',
    'v1',
    ['pods', 'Pod', 'po'],
    ['services', 'Service', 'svc'],
    ['configmaps', 'ConfigMap', 'cm'],
    ['secrets', 'Secret'],
    ['events', 'Event', 'ev'],
    ['endpoints', 'Endpoints', 'ep'],
    ['serviceaccounts', 'ServiceAccount', 'sa'],
    ['persistentvolumeclaims', 'PersistentVolumeClaim', 'pvc'],
    ['resourcequotas', 'ResourceQuota', 'quota'],
    ['limitranges', 'LimitRange', 'limits'],
  ),
  ...inCluster(
    '',
    'v1',
    ['nodes', 'Node', 'no'],
    ['namespaces', 'Namespace', 'ns'],
    ['persistentvolumes', 'PersistentVolume', 'pv'],
  ),
  ...namespaced(
    'apps',
    'v1',
    ['deployments', 'Deployment', 'deploy'],
    ['statefulsets', 'StatefulSet', 'sts'],
    ['daemonsets', 'DaemonSet', 'ds'],
    ['replicasets', 'ReplicaSet', 'rs'],
  ),
  ...namespaced('batch', 'v1', ['jobs', 'Job'], ['cronjobs', 'CronJob', 'cj']),
  ...namespaced(
    'networking.k8s.io',
    'v1',
    ['ingresses', 'Ingress', 'ing'],
    ['networkpolicies', 'NetworkPolicy', 'netpol'],
  ),
  ...inCluster('storage.k8s.io', 'v1', ['storageclasses', 'StorageClass', 'sc']),
  ...namespaced('autoscaling', 'v2', ['horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'hpa']),
  ...namespaced('policy', 'v1', ['poddisruptionbudgets', 'PodDisruptionBudget', 'pdb']),
];

/** Aggregated discovery (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery). */
const aggregated = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');
const word = z.string().max(253);
const discoverySchema = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.object({
      metadata: z.object({ name: word.nullish() }).nullish(),
      versions: z
        .array(
          z.object({
            version: word,
            resources: z
              .array(
                z.object({
                  resource: word,
                  responseKind: z.object({ kind: word }).nullish(),
                  scope: word,
                  singularResource: word.nullish(),
                  shortNames: z.array(word).nullish(),
                }),
              )
              .nullish(),
          }),
        )
        .nullish(),
    }),
  ),
});

interface Discovered extends Resource {
  readonly short: readonly string[];
}

/** Finds the kind that a word names as kubectl would: `po`, `pods`, `Pod`, `certificates.cert-manager.io`. */
export interface Resources {
  /** Rejects with `not-found` if the cluster has no such kind, and as `OpenClusters.readJson` does. */
  find(cluster: OpenCluster, word: string, signal: AbortSignal): Promise<Resource>;
}

export function createResources(clusters: Pick<OpenClusters, 'readJson'>): Resources {
  /** By cluster, for as long as the client runs. Read again for a word that is not in it. */
  const known = new Map<string, readonly Discovered[]>();
  const discover = async (cluster: OpenCluster, signal: AbortSignal) => {
    const read = (path: string) => clusters.readJson(cluster, { path, accept: aggregated, signal });
    const lists = await Promise.all([read('/api'), read('/apis')]);
    const found = lists.flatMap((list) => {
      const { data } = discoverySchema.safeParse(list);
      if (data !== undefined) return resourcesIn(data);
      throw new AppError('not-found', 'This API server is too old to be asked for its kinds.', {
        hint: 'Only kinds of Kubernetes itself can be read there, such as pods and deployments.',
      });
    });
    known.set(cluster.id, found);
    return found;
  };
  return {
    async find(cluster, given, signal) {
      const asked = given.toLowerCase();
      const found = matching(wellKnown, asked) ?? matching(known.get(cluster.id) ?? [], asked);
      if (found !== undefined) return found;
      const discovered = matching(await discover(cluster, signal), asked);
      if (discovered !== undefined) return discovered;
      throw new AppError('not-found', `The cluster has no kind ${given}.`, {
        hint: 'Give a plural as kubectl api-resources lists it, such as pods, or certificates.cert-manager.io.',
      });
    },
  };
}

function resourcesIn({ items }: z.output<typeof discoverySchema>): readonly Discovered[] {
  return items.flatMap(({ metadata, versions }) => {
    // The first version is the one that the server prefers.
    const [preferred] = versions ?? [];
    return (preferred?.resources ?? []).map(
      ({ resource, responseKind, scope, singularResource, shortNames }) => ({
        group: metadata?.name ?? '',
        version: preferred?.version ?? '',
        resource,
        kind: responseKind?.kind ?? resource,
        isNamespaced: scope === 'Namespaced',
        short: [...(shortNames ?? []), singularResource ?? ''],
      }),
    );
  });
}

/** Returns the first that has this name, as kubectl prefers them: the plural, then the kind, then a short name. */
function matching(all: readonly Discovered[], asked: string): Resource | undefined {
  const names = [
    ({ resource, group }: Discovered) => [resource, `${resource}.${group}`],
    ({ kind, group }: Discovered) => [kind.toLowerCase(), `${kind.toLowerCase()}.${group}`],
    ({ short }: Discovered) => short.filter((one) => one !== ''),
  ];
  for (const of of names) {
    const found = all.find((one) => of(one).includes(asked));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the path of a list or of one object. Names are encoded: they can lead to nothing else. */
export function pathOf(
  { group, version, resource, isNamespaced }: Resource,
  at: {
    /** Undefined: of all namespaces. */
    readonly namespace: string | undefined;
    readonly name?: string | undefined;
    readonly subresource?: 'log';
    readonly query?: Readonly<Record<string, string | undefined>>;
  },
): string {
  const root = group === '' ? ['api', version] : ['apis', group, version];
  const within = isNamespaced && at.namespace !== undefined ? ['namespaces', at.namespace] : [];
  const segments = [...root, ...within, resource, ...(at.name === undefined ? [] : [at.name])];
  const path = [...segments, ...(at.subresource === undefined ? [] : [at.subresource])].map(
    encodeURIComponent,
  );
  const given = Object.entries(at.query ?? {}).filter((one): one is [string, string] => one[1] !== undefined);
  const query = new URLSearchParams(given).toString();
  return `/${path.join('/')}${query === '' ? '' : `?${query}`}`;
}

/** Returns true for Secrets, of which only metadata may be asked for. */
export function isOfSecrets({ resource }: Resource): boolean {
  return resource.toLowerCase() === 'secrets';
}

export const pods: Resource = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', isNamespaced: true };
export const events: Resource = {
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  isNamespaced: true,
};
