import type { z } from 'zod';
import type { WorkloadKind } from '../../model/workload-kinds.ts';
import { type Fact, fact, shownValue, type WorkloadFacts } from './facts.ts';
import {
  type Container,
  cronJobSchema,
  daemonSetSchema,
  nodeSchema,
  type Pod,
  type PodTemplate,
  podSchema,
  type Scaled,
  scaledSchema,
} from './kube-objects.ts';
import { quantityKey } from './quantity.ts';

/** The most containers of a workload that are compared. */
const containersAtMost = 30;

/** Where a kind is listed, and what is read of one object. */
interface Summary {
  /** Below `/apis`. */
  readonly group: string;
  readonly resource: string;
  /** Throws a ZodError for what is not an object of this kind. */
  readonly read: (object: unknown) => WorkloadFacts;
}

function summary<T>(given: {
  readonly kind: WorkloadKind;
  readonly group: string;
  readonly schema: z.ZodType<T & { readonly metadata: { readonly name: string } }>;
  readonly facts: (object: T) => readonly Fact[];
  readonly template: (object: T) => PodTemplate;
}): Summary {
  const { kind, group, schema, facts, template } = given;
  return {
    group,
    resource: `${kind.toLowerCase()}s`,
    read(object) {
      const parsed = schema.parse(object);
      return {
        kind,
        name: shownValue(parsed.metadata.name),
        facts: [...facts(parsed), ...containerFacts(template(parsed))],
      };
    },
  };
}

/** The API server sets one replica where none are given. */
const scaledFacts = ({ spec, status }: Scaled) =>
  replicaFacts(spec.replicas ?? 1, status?.readyReplicas ?? 0);

/** What is read of each kind of workload. */
export const summaries: Readonly<Record<WorkloadKind, Summary>> = {
  Deployment: summary({
    kind: 'Deployment',
    group: 'apps/v1',
    schema: scaledSchema,
    facts: scaledFacts,
    template: ({ spec }) => spec.template,
  }),
  StatefulSet: summary({
    kind: 'StatefulSet',
    group: 'apps/v1',
    schema: scaledSchema,
    facts: scaledFacts,
    template: ({ spec }) => spec.template,
  }),
  DaemonSet: summary({
    kind: 'DaemonSet',
    group: 'apps/v1',
    schema: daemonSetSchema,
    facts: ({ status }) => replicaFacts(status?.desiredNumberScheduled ?? 0, status?.numberReady ?? 0),
    template: ({ spec }) => spec.template,
  }),
  CronJob: summary({
    kind: 'CronJob',
    group: 'batch/v1',
    schema: cronJobSchema,
    facts: ({ spec: { schedule, timeZone, suspend } }) => [
      fact('schedule', timeZone ? `${schedule} (${timeZone})` : schedule),
      fact('suspended', suspend ? 'yes' : 'no'),
    ],
    template: ({ spec }) => spec.jobTemplate.spec.template,
  }),
};

function replicaFacts(wanted: number, ready: number): readonly Fact[] {
  return [fact('replicas', String(wanted)), fact('ready', `${ready}/${wanted}`)];
}

function containerFacts({ spec }: PodTemplate): readonly Fact[] {
  const containers = [
    ...spec.initContainers.map((one) => ({ ...one, name: `init:${one.name}` })),
    ...spec.containers,
  ];
  return containers.slice(0, containersAtMost).flatMap((one) => {
    const container = shownValue(one.name);
    return [
      ...(one.image ? [fact('image', one.image, { container })] : []),
      ...resourceFacts('requests', one, container),
      ...resourceFacts('limits', one, container),
    ];
  });
}

function resourceFacts(field: 'requests' | 'limits', one: Container, container: string): readonly Fact[] {
  const given = Object.entries(one.resources?.[field] ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (given.length === 0) return [];
  const text = given.map(([name, quantity]) => `${name} ${quantity}`).join(', ');
  const key = given.map(([name, quantity]) => `${name} ${quantityKey(quantity)}`).join(', ');
  return [fact(field, text, { container, key })];
}

/** What is kept of a pod. */
interface PodFacts {
  /** The workload that it belongs to, as `KIND/NAME`. */
  readonly workload: string | undefined;
  /** The restarts of its containers, as kubectl counts them. */
  readonly restarts: number;
}

/** Reads a pod of a list. Throws a ZodError for anything else. */
export function podOf(object: unknown): PodFacts {
  const { metadata, status } = podSchema.parse(object);
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const containers = hasEnded ? [] : (status?.containerStatuses ?? []);
  return {
    workload: ownerOf(metadata),
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
  };
}

/** A ReplicaSet of a Deployment is named after it and the hash of its template, which the pod has as a label. */
function ownerOf({ labels, ownerReferences }: Pod['metadata']): string | undefined {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  if (owner.kind !== 'ReplicaSet') return `${owner.kind}/${owner.name}`;
  const hash = labels?.['pod-template-hash'];
  return hash !== undefined && owner.name.endsWith(`-${hash}`)
    ? `Deployment/${owner.name.slice(0, -hash.length - 1)}`
    : undefined;
}

/** What is kept of a node. */
interface NodeFacts {
  readonly isReady: boolean;
  readonly kubelet: string;
}

/** Reads a node of a list. Throws a ZodError for anything else. */
export function nodeOf(object: unknown): NodeFacts {
  const { conditions, nodeInfo } = nodeSchema.parse(object).status;
  return {
    isReady: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    kubelet: shownValue(nodeInfo.kubeletVersion),
  };
}

/** Counts nodes, those that are ready, and the versions of their kubelets. */
export function nodeFacts(nodes: readonly NodeFacts[]): readonly Fact[] {
  const kubelets = [...Map.groupBy(nodes, ({ kubelet }) => kubelet)].toSorted(([a], [b]) => inOrder(a, b));
  const named = kubelets.map(([version, all]) =>
    kubelets.length === 1 ? version : `${version} (${all.length})`,
  );
  return [
    fact('nodes', String(nodes.length)),
    fact('readyNodes', String(nodes.filter(({ isReady }) => isReady).length)),
    ...(named.length === 0 ? [] : [fact('kubelets', named.join(', '))]),
  ];
}

function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
