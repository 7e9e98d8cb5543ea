import { createHash } from 'node:crypto';
import type { PodSeed } from './cluster-objects.ts';
import { kubeTime, type Pod } from './objects.ts';
import { podPort } from './port-forward.ts';
import { eventType, podType } from './resource-types.ts';
import type { Draft, Store } from './store.ts';

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
export const nodeOf = ({ node = 'ip-10-0-1-10.internal' }: PodSeed) => node;
const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
export const address = (text: string, prefix: string) => {
  const [a = 0, b = 0] = createHash('sha256').update(text).digest();
  return `${prefix}.${a}.${b || 1}`;
};
export const labelsOf = (seed: PodSeed) => ({ app: seed.deployment ?? seed.name, ...seed.labels });
export const template = (seed: PodSeed) => ({
  containers: (seed.containers ?? ['app']).map((name, at) => ({
    name,
    image: imageOf(seed),
    ...(at === 0 ? { ports: [{ name: 'http', containerPort: podPort, protocol: 'TCP' }] } : {}),
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
      labels: {
        ...labelsOf(seed),
        ...(deployment === undefined
          ? {}
          : { 'pod-template-hash': replicaSetName(seed).slice(deployment.length + 1) }),
      },
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

export const replicaSetName = ({ name }: PodSeed) => name.replace(/-[^-]+$/, '');
export const owner = (apiVersion: string, kind: string, name: string) => ({
  apiVersion,
  kind,
  name,
  uid: hash(`${kind}/${name}`),
  controller: true,
  blockOwnerDeletion: true,
});
