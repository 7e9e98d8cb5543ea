import { createHash } from 'node:crypto';
import { kubeTime, type Pod } from './objects.ts';
import {
  configMapType,
  deploymentType,
  eventType,
  namespaceType,
  nodeType,
  podType,
  replicaSetType,
} from './resource-types.ts';
import type { Draft, Store } from './store.ts';

export interface PodSeed {
  readonly namespace: string;
  readonly name: string;
  /** The deployment that owns it. Its replica set takes the pod's name without the last part. */
  readonly deployment?: string;
  /** `app` when left out. */
  readonly containers?: readonly string[];
  readonly image?: string;
  readonly node?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `Running` when left out. */
  readonly state?: 'Running' | 'Pending' | 'CrashLoopBackOff';
  /** What the first container has written. */
  readonly log?: readonly string[];
}

const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** Fills a new cluster: namespaces (the built-in ones too), pods, and the nodes and deployments that they name. */
export function seedCluster(given: {
  readonly store: Store;
  readonly namespaces: readonly string[];
  readonly pods: readonly PodSeed[];
  readonly version: string;
  readonly rootCertificate: string;
}): void {
  const { store, namespaces, pods, version, rootCertificate } = given;
  for (const name of new Set([...systemNamespaces, ...namespaces])) {
    createNamespace(store, { metadata: { name } }, rootCertificate);
  }
  const nodes = new Set(pods.map(nodeOf));
  for (const name of nodes) store.put(nodeType, nodeDraft(name, version));
  for (const pod of pods) addPod(store, pod);
  const owned = Map.groupBy(
    pods.filter(({ deployment }) => deployment !== undefined),
    ({ namespace, deployment }) => `${namespace}/${deployment}`,
  );
  for (const group of owned.values()) addWorkload(store, group);
}

/** The namespace with what controllers add to it. */
export function createNamespace(store: Store, draft: Draft, rootCertificate: string) {
  const { name, labels } = draft.metadata;
  const namespace = store.put(namespaceType, {
    ...draft,
    metadata: { ...draft.metadata, labels: { 'kubernetes.io/metadata.name': name, ...labels } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  store.put(configMapType, {
    metadata: { name: 'kube-root-ca.crt', namespace: name },
    data: { 'ca.crt': rootCertificate },
  });
  return namespace;
}

/** The pod, with the events of its start. */
export function addPod(store: Store, seed: PodSeed): void {
  const { namespace, name } = seed;
  const pod = store.put(podType, podDraft(seed)) as Pod;
  const at = pod.metadata.creationTimestamp;
  // Events are named by their time in nanoseconds, so that they list in the order in which they came.
  let nanoseconds = BigInt(Date.now()) * 1_000_000n;
  const event = (reason: string, message: string, component: string, fieldPath?: string) =>
    store.put(eventType, {
      metadata: { namespace, name: `${name}.${(nanoseconds++).toString(16)}` },
      involvedObject: {
        kind: 'Pod',
        namespace,
        name,
        uid: pod.metadata.uid,
        apiVersion: 'v1',
        resourceVersion: pod.metadata.resourceVersion,
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      message,
      source: component === 'kubelet' ? { component, host: nodeOf(seed) } : { component },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type: 'Normal',
      eventTime: null,
      reportingComponent: component,
      reportingInstance: '',
    });
  event('Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeOf(seed)}`, 'default-scheduler');
  if (seed.state === 'Pending') return;
  for (const container of seed.containers ?? ['app']) {
    const path = `spec.containers{${container}}`;
    event('Pulled', `Container image "${imageOf(seed)}" already present on machine`, 'kubelet', path);
    event('Created', `Created container: ${container}`, 'kubelet', path);
    event('Started', `Started container ${container}`, 'kubelet', path);
  }
}

const imageOf = ({ image = 'registry.acme.example/app:1.0.0' }: PodSeed) => image;
const nodeOf = ({ node = 'ip-10-0-1-10.internal' }: PodSeed) => node;
const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const address = (text: string, prefix: string) => {
  const [a = 0, b = 0] = createHash('sha256').update(text).digest();
  return `${prefix}.${a}.${b || 1}`;
};
const labelsOf = (seed: PodSeed) => ({ app: seed.deployment ?? seed.name, ...seed.labels });
const template = (seed: PodSeed) => ({
  containers: (seed.containers ?? ['app']).map((name) => ({
    name,
    image: imageOf(seed),
    imagePullPolicy: 'IfNotPresent',
    resources: {},
  })),
  restartPolicy: 'Always',
  serviceAccountName: 'default',
  schedulerName: 'default-scheduler',
});

function podDraft(seed: PodSeed): Draft {
  const { namespace, name, deployment, containers = ['app'], state = 'Running' } = seed;
  const startedAt = kubeTime();
  const running = state === 'Running';
  const podIP = address(`${namespace}/${name}`, '10.244');
  const waiting = state === 'Pending' ? { reason: 'ContainerCreating' } : { reason: state };
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: startedAt,
  });
  return {
    metadata: {
      namespace,
      name,
      labels: labelsOf(seed),
      ...(deployment === undefined
        ? {}
        : { ownerReferences: [owner('apps/v1', 'ReplicaSet', replicaSetName(seed))] }),
    },
    spec: { ...template(seed), nodeName: nodeOf(seed) },
    status: {
      phase: state === 'Pending' ? 'Pending' : 'Running',
      conditions: [
        condition('Initialized', true),
        condition('Ready', running),
        condition('ContainersReady', running),
        condition('PodScheduled', true),
      ],
      ...(state === 'Pending' ? {} : { podIP, podIPs: [{ ip: podIP }] }),
      hostIP: address(nodeOf(seed), '10.0'),
      startTime: startedAt,
      qosClass: 'BestEffort',
      containerStatuses: containers.map((container) => ({
        name: container,
        image: imageOf(seed),
        imageID: '',
        ready: running,
        started: running,
        restartCount: state === 'CrashLoopBackOff' ? 7 : 0,
        state: running ? { running: { startedAt } } : { waiting },
        lastState: {},
      })),
    },
  };
}

const replicaSetName = ({ name }: PodSeed) => name.replace(/-[^-]+$/, '');
const owner = (apiVersion: string, kind: string, name: string) => ({
  apiVersion,
  kind,
  name,
  uid: hash(`${kind}/${name}`),
  controller: true,
  blockOwnerDeletion: true,
});

function addWorkload(store: Store, pods: readonly PodSeed[]): void {
  const [first] = pods;
  if (!first?.deployment) return;
  const { namespace, deployment } = first;
  const ready = pods.filter(({ state = 'Running' }) => state === 'Running').length;
  const metadata = {
    namespace,
    labels: labelsOf(first),
    annotations: { 'deployment.kubernetes.io/revision': '1' },
  };
  const spec = {
    replicas: pods.length,
    selector: { matchLabels: { app: deployment } },
    template: { metadata: { labels: labelsOf(first) }, spec: template(first) },
  };
  const status = { replicas: pods.length, readyReplicas: ready, availableReplicas: ready };
  store.put(deploymentType, {
    metadata: { ...metadata, name: deployment },
    spec: {
      ...spec,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    },
    status: { ...status, updatedReplicas: pods.length },
  });
  store.put(replicaSetType, {
    metadata: {
      ...metadata,
      name: replicaSetName(first),
      ownerReferences: [owner('apps/v1', 'Deployment', deployment)],
    },
    spec,
    status,
  });
}

function nodeDraft(name: string, version: string): Draft {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: address(name, '10.0') },
        { type: 'Hostname', address: name },
      ],
      capacity: { cpu: '4', memory: '16Gi', pods: '110' },
      allocatable: { cpu: '3920m', memory: '15Gi', pods: '110' },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastHeartbeatTime: kubeTime(),
          lastTransitionTime: kubeTime(),
        },
      ],
      nodeInfo: {
        kubeletVersion: version,
        kubeProxyVersion: version,
        osImage: 'Amazon Linux 2023.9.20251014',
        kernelVersion: '6.12.46-66.121.amzn2023.x86_64',
        containerRuntimeVersion: 'containerd://2.1.4',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}
