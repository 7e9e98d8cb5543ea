import { ageOf } from './age.ts';
import type { Event, KubeObject, Node, Pod, Service, Workload } from './objects.ts';

/** A column of a server-side table, as k8s.io/kubernetes/pkg/printers/internalversion defines it. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer';
  /** `name` marks the column that names the object. */
  readonly format: string;
  readonly description: string;
  /** Above 0 the column shows in `-o wide` only. */
  readonly priority: number;
}

export interface TableForm {
  readonly columns: readonly Column[];
  cells(object: KubeObject): unknown[];
}

const column = (name: string, description: string, more: Partial<Column> = {}): Column => ({
  name,
  type: 'string',
  format: '',
  description,
  priority: 0,
  ...more,
});
const wide = { priority: 1 };

const nameColumn = column(
  'Name',
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  { format: 'name' },
);
const ageColumn = column(
  'Age',
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
);

const nameAndAge = (object: KubeObject) => ({
  name: object.metadata.name,
  age: ageOf(object.metadata.creationTimestamp),
});

export const plainForm: TableForm = {
  columns: [nameColumn, ageColumn],
  cells: (object) => Object.values(nameAndAge(object)),
};

export const namespaceForm: TableForm = {
  columns: [nameColumn, column('Status', 'The status of the namespace'), ageColumn],
  cells(object) {
    const { name, age } = nameAndAge(object);
    return [name, (object.status as { phase: string }).phase, age];
  },
};

export const configMapForm: TableForm = {
  columns: [
    nameColumn,
    column(
      'Data',
      "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
    ),
    ageColumn,
  ],
  cells(object) {
    const { name, age } = nameAndAge(object);
    const count = (field: unknown) => Object.keys((field ?? {}) as object).length;
    return [name, count(object.data) + count(object.binaryData), age];
  },
};

export const secretForm: TableForm = {
  columns: [
    nameColumn,
    column(
      'Type',
      'Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
    ),
    column(
      'Data',
      "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    ),
    ageColumn,
  ],
  cells(object) {
    const { name, age } = nameAndAge(object);
    return [name, object.type, Object.keys((object.data ?? {}) as object).length, age];
  },
};

export const serviceForm: TableForm = {
  columns: [
    nameColumn,
    column('Type', 'type determines how the Service is exposed.'),
    column('Cluster-IP', 'clusterIP is the IP address of the service.'),
    column(
      'External-IP',
      'IP addresses for which nodes in the cluster also accept traffic for this service.',
    ),
    column('Port(s)', 'The list of ports that are exposed by this service.'),
    ageColumn,
    column(
      'Selector',
      'Route service traffic to pods with label keys and values matching this selector.',
      wide,
    ),
  ],
  cells(object) {
    const { spec } = object as Service;
    const { name, age } = nameAndAge(object);
    const ports = spec.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(',') || '<none>';
    const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    return [name, spec.type, spec.clusterIP, '<none>', ports, age, selector.join(',') || '<none>'];
  },
};

export const podForm: TableForm = {
  columns: [
    nameColumn,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    column(
      'IP',
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
      wide,
    ),
    column(
      'Node',
      'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
      wide,
    ),
    column(
      'Nominated Node',
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods.',
      wide,
    ),
    column(
      'Readiness Gates',
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
      wide,
    ),
  ],
  cells(object) {
    const { spec, status, metadata } = object as Pod;
    const { name, age } = nameAndAge(object);
    const containers = status.containerStatuses ?? [];
    const ready = containers.filter((container) => container.ready).length;
    const waiting = containers.find((container) => container.state.waiting)?.state.waiting?.reason;
    return [
      name,
      `${ready}/${spec.containers.length}`,
      metadata.deletionTimestamp ? 'Terminating' : (waiting ?? status.phase),
      String(containers.reduce((sum, container) => sum + container.restartCount, 0)),
      age,
      status.podIP ?? '<none>',
      spec.nodeName ?? '<none>',
      '<none>',
      '<none>',
    ];
  },
};

export const nodeForm: TableForm = {
  columns: [
    nameColumn,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    ageColumn,
    column('Version', 'Kubelet Version reported by the node.'),
    column(
      'Internal-IP',
      'List of addresses reachable to the node. Queried from cloud provider, if available.',
      wide,
    ),
    column(
      'External-IP',
      'List of addresses reachable to the node. Queried from cloud provider, if available.',
      wide,
    ),
    column(
      'OS-Image',
      'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).',
      wide,
    ),
    column(
      'Kernel-Version',
      "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
      wide,
    ),
    column(
      'Container-Runtime',
      'ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).',
      wide,
    ),
  ],
  cells(object) {
    const { status } = object as Node;
    const { name, age } = nameAndAge(object);
    const address = (type: string) =>
      status.addresses.find((each) => each.type === type)?.address ?? '<none>';
    const ready = status.conditions.some((each) => each.type === 'Ready' && each.status === 'True');
    const info = status.nodeInfo;
    return [
      name,
      ready ? 'Ready' : 'NotReady',
      '<none>',
      age,
      info.kubeletVersion,
      address('InternalIP'),
      address('ExternalIP'),
      info.osImage,
      info.kernelVersion,
      info.containerRuntimeVersion,
    ];
  },
};

const templateColumns = [
  column('Containers', 'Names of each container in the template.', wide),
  column('Images', 'Images referenced by each container in the template.', wide),
  column('Selector', 'Label selector for pods.', wide),
];

const templateCells = ({ spec }: Workload) => [
  spec.template.spec.containers.map(({ name }) => name).join(','),
  spec.template.spec.containers.map(({ image }) => image).join(','),
  Object.entries(spec.selector.matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(','),
];

export const deploymentForm: TableForm = {
  columns: [
    nameColumn,
    column('Ready', 'Number of the pod with ready state'),
    column(
      'Up-to-date',
      'Total number of non-terminating pods targeted by this deployment that have the desired template spec.',
    ),
    column(
      'Available',
      'Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.',
    ),
    ageColumn,
    ...templateColumns,
  ],
  cells(object) {
    const { spec, status } = object as Workload;
    const { name, age } = nameAndAge(object);
    const { readyReplicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
    return [
      name,
      `${readyReplicas}/${spec.replicas}`,
      updatedReplicas,
      availableReplicas,
      age,
      ...templateCells(object as Workload),
    ];
  },
};

export const replicaSetForm: TableForm = {
  columns: [
    nameColumn,
    column('Desired', 'Replicas is the number of desired pods.', { type: 'integer' }),
    column('Current', 'Replicas is the most recently observed number of non-terminating pods.', {
      type: 'integer',
    }),
    column(
      'Ready',
      'The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.',
      {
        type: 'integer',
      },
    ),
    ageColumn,
    ...templateColumns,
  ],
  cells(object) {
    const { spec, status } = object as Workload;
    const { name, age } = nameAndAge(object);
    return [
      name,
      spec.replicas,
      status.replicas,
      status.readyReplicas ?? 0,
      age,
      ...templateCells(object as Workload),
    ];
  },
};

export const eventForm: TableForm = {
  columns: [
    column('Last Seen', 'The time at which the most recent occurrence of this event was recorded.'),
    column('Type', 'Type of this event (Normal, Warning), new types could be added in the future'),
    column(
      'Reason',
      "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    ),
    column('Object', 'The object that this event is about.'),
    column(
      'Subobject',
      'If referring to a piece of an object instead of an entire object, this should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2].',
      wide,
    ),
    column(
      'Source',
      'The component reporting this event. Should be a short machine understandable string.',
      wide,
    ),
    column('Message', 'A human-readable description of the status of this operation.'),
    column(
      'First Seen',
      'The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)',
      wide,
    ),
    column('Count', 'The number of times this event has occurred.', wide),
    { ...nameColumn, priority: 1 },
  ],
  cells(object) {
    const event = object as Event;
    const { component, host } = event.source;
    return [
      ageOf(event.lastTimestamp),
      event.type,
      event.reason,
      `${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`,
      event.involvedObject.fieldPath ?? '',
      host ? `${component}, ${host}` : component,
      event.message.trim(),
      ageOf(event.firstTimestamp),
      String(event.count),
      event.metadata.name,
    ];
  },
};
