import { kubeTime } from './objects.ts';
import { addPod, address, labelsOf, nodeOf, owner, replicaSetName, template } from './pod-objects.ts';
import { configMapType, deploymentType, namespaceType, nodeType, replicaSetType } from './resource-types.ts';
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
