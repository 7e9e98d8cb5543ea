/** The parts of Kubernetes objects that the server reads; everything else passes through as it came. */

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: {
    readonly running?: { readonly startedAt: string };
    readonly waiting?: { readonly reason: string; readonly message?: string };
  };
  readonly [field: string]: unknown;
}

interface PodTemplateSpec {
  readonly containers: readonly { readonly name: string; readonly image: string }[];
}

export interface Pod extends KubeObject {
  readonly spec: PodTemplateSpec & { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly [field: string]: unknown;
  };
}

/** A deployment or a replica set, as far as a table shows them. */
export interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: { readonly spec: PodTemplateSpec };
  };
  readonly status: {
    readonly replicas: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

export interface Service extends KubeObject {
  readonly spec: {
    readonly type: string;
    readonly clusterIP: string;
    readonly ports: readonly { readonly port: number; readonly protocol: string }[];
    readonly selector?: Readonly<Record<string, string>>;
  };
}

export interface Node extends KubeObject {
  readonly status: {
    readonly addresses: readonly { readonly type: string; readonly address: string }[];
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo: Readonly<
      Record<'kubeletVersion' | 'osImage' | 'kernelVersion' | 'containerRuntimeVersion', string>
    >;
    readonly [field: string]: unknown;
  };
}

export interface Event extends KubeObject {
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly fieldPath?: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string; readonly host?: string };
}

/** RFC 3339 to the second, as `metav1.Time` is written. */
export function kubeTime(at: Date = new Date()): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}
