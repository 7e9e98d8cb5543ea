/** Objects as kube-apiserver v1.33 returned them, with what it adds: managed fields, defaults, owners. */

export const managed = {
  creationTimestamp: '2026-11-03T08:12:44Z',
  generation: 4,
  resourceVersion: '883412',
  uid: 'a2a6e3c3-90a0-4a6c-b5b4-1a2cf0f6f2bd',
  managedFields: [
    {
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': {} } } },
      manager: 'kubectl-client-side-apply',
      operation: 'Update',
      time: '2026-11-03T08:12:44Z',
    },
  ],
};

const containerDefaults = {
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};

const podDefaults = {
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
};

interface Given {
  readonly name: string;
  readonly image?: string;
  readonly replicas?: number;
  readonly ready?: number;
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
  /** More containers, and those that run first. */
  readonly others?: readonly object[];
  readonly init?: readonly object[];
}

export const aContainer = (name: string, image: string, resources: object = {}) => ({
  name,
  image,
  resources,
  ...containerDefaults,
});

const templateOf = ({
  name,
  image = 'registry.acme.example/app:1.0.0',
  requests,
  limits,
  others = [],
  init,
}: Given) => ({
  metadata: { creationTimestamp: null, labels: { app: name } },
  spec: {
    containers: [
      aContainer('app', image, {
        ...(requests === undefined ? {} : { requests }),
        ...(limits === undefined ? {} : { limits }),
      }),
      ...others,
    ],
    ...(init === undefined ? {} : { initContainers: init }),
    ...podDefaults,
  },
});

/** An item of a list does not say its kind. A Deployment of no ready pod has no `readyReplicas`. */
export const aDeployment = (given: Given) => {
  const { name, replicas = 3, ready = replicas } = given;
  return {
    metadata: {
      name,
      namespace: 'payments',
      annotations: { 'deployment.kubernetes.io/revision': '4' },
      ...managed,
    },
    spec: {
      replicas,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      selector: { matchLabels: { app: name } },
      strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' },
      template: templateOf(given),
    },
    status: {
      observedGeneration: 4,
      replicas,
      updatedReplicas: replicas,
      ...(ready === 0
        ? { unavailableReplicas: replicas }
        : { readyReplicas: ready, availableReplicas: ready }),
      conditions: [{ type: 'Available', status: ready === replicas ? 'True' : 'False' }],
    },
  };
};

export const aDaemonSet = (given: Given) => ({
  metadata: { name: given.name, namespace: 'payments', ...managed },
  spec: {
    selector: { matchLabels: { app: given.name } },
    template: templateOf(given),
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  },
  status: {
    currentNumberScheduled: given.replicas ?? 3,
    desiredNumberScheduled: given.replicas ?? 3,
    numberAvailable: given.ready ?? 3,
    numberMisscheduled: 0,
    numberReady: given.ready ?? 3,
    observedGeneration: 1,
  },
});

export const aCronJob = (given: Given & { readonly schedule: string; readonly timeZone?: string }) => ({
  metadata: { name: given.name, namespace: 'payments', ...managed },
  spec: {
    concurrencyPolicy: 'Forbid',
    failedJobsHistoryLimit: 1,
    jobTemplate: {
      metadata: { creationTimestamp: null },
      spec: {
        template: { ...templateOf(given), spec: { ...templateOf(given).spec, restartPolicy: 'Never' } },
      },
    },
    schedule: given.schedule,
    ...(given.timeZone === undefined ? {} : { timeZone: given.timeZone }),
    successfulJobsHistoryLimit: 3,
    suspend: false,
  },
  status: { lastScheduleTime: '2026-11-29T03:00:00Z', lastSuccessfulTime: '2026-11-29T03:01:12Z' },
});

export const aPod = (given: {
  readonly name: string;
  /** `KIND/NAME` of its controller. */
  readonly owner?: string;
  readonly hash?: string;
  readonly restarts?: readonly number[];
  readonly phase?: string;
}) => {
  const [kind, name] = given.owner?.split('/') ?? [];
  return {
    metadata: {
      name: given.name,
      namespace: 'payments',
      ...managed,
      labels: { app: 'web', ...(given.hash === undefined ? {} : { 'pod-template-hash': given.hash }) },
      ...(kind === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true, blockOwnerDeletion: true },
            ],
          }),
    },
    spec: templateOf(given).spec,
    status: {
      phase: given.phase ?? 'Running',
      // A pod that waits for a node has none.
      ...(given.restarts === undefined
        ? {}
        : {
            containerStatuses: given.restarts.map((restartCount, at) => ({
              name: `c${at}`,
              image: 'registry.acme.example/app:1.0.0',
              imageID: '',
              lastState: {},
              ready: true,
              restartCount,
              started: true,
              state: { running: { startedAt: '2026-11-03T08:12:44Z' } },
            })),
          }),
    },
  };
};

export const aNode = (name: string, kubeletVersion: string, ready = 'True') => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name }, ...managed },
  spec: { podCIDR: '10.42.0.0/24' },
  status: {
    capacity: { cpu: '4', memory: '16Gi', pods: '110' },
    conditions: [
      { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory' },
      { type: 'Ready', status: ready, reason: 'KubeletReady' },
    ],
    images: [{ names: ['registry.acme.example/app@sha256:4c56d6a4'], sizeBytes: 12_345_678 }],
    nodeInfo: { kubeletVersion, osImage: 'Bottlerocket OS 1.20.0', architecture: 'amd64' },
  },
});

export const aList = (items: readonly object[], next?: string) => ({
  kind: 'List',
  apiVersion: 'v1',
  metadata: {
    resourceVersion: '883412',
    ...(next === undefined ? {} : { continue: next, remainingItemCount: 1 }),
  },
  items,
});
