/** The resources that the server knows, as discovery describes them. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Field labels beyond `metadata.name` and `metadata.namespace` that a field selector may name. */
  readonly fieldLabels: readonly string[];
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  /** Of the kind, where it is not the resource's own: `autoscaling`, version v1. */
  readonly group?: string;
  readonly verbs: readonly string[];
}

type Given = Pick<ResourceType, 'resource' | 'kind'> & Partial<ResourceType>;

const stored = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
/** Of what only the cluster itself creates. */
const readOnly = ['get', 'list', 'watch'];

const define = (given: Given): ResourceType => ({
  group: '',
  version: 'v1',
  singular: given.kind.toLowerCase(),
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: stored,
  subresources: [],
  fieldLabels: [],
  ...given,
});

const review = (group: string, kind: string): ResourceType =>
  define({
    group,
    kind,
    resource: `${kind.toLowerCase()}s`,
    namespaced: false,
    verbs: ['create'],
  });

const apps = {
  group: 'apps',
  categories: ['all'],
  subresources: [{ name: 'scale', kind: 'Scale', group: 'autoscaling', verbs: ['get', 'patch', 'update'] }],
};

export const namespaceType = define({
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  fieldLabels: ['status.phase'],
});

export const podType = define({
  resource: 'pods',
  kind: 'Pod',
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  ],
  fieldLabels: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
});

export const nodeType = define({
  resource: 'nodes',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  verbs: readOnly,
  fieldLabels: ['spec.unschedulable'],
});

export const eventType = define({
  resource: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  verbs: readOnly,
  fieldLabels: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
});

export const configMapType = define({ resource: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] });
export const deploymentType = define({
  ...apps,
  resource: 'deployments',
  kind: 'Deployment',
  shortNames: ['deploy'],
});
export const replicaSetType = define({
  ...apps,
  resource: 'replicasets',
  kind: 'ReplicaSet',
  shortNames: ['rs'],
});

export const secretType = define({ resource: 'secrets', kind: 'Secret', fieldLabels: ['type'] });
export const serviceType = define({
  resource: 'services',
  kind: 'Service',
  shortNames: ['svc'],
  categories: ['all'],
});
export const serviceAccountType = define({
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  shortNames: ['sa'],
});

export const resourceTypes: readonly ResourceType[] = [
  configMapType,
  eventType,
  define({ resource: 'limitranges', kind: 'LimitRange', shortNames: ['limits'] }),
  namespaceType,
  nodeType,
  podType,
  define({ resource: 'resourcequotas', kind: 'ResourceQuota', shortNames: ['quota'] }),
  secretType,
  serviceAccountType,
  serviceType,
  deploymentType,
  replicaSetType,
  define({ ...apps, resource: 'statefulsets', kind: 'StatefulSet', shortNames: ['sts'] }),
  define({ ...apps, subresources: [], resource: 'daemonsets', kind: 'DaemonSet', shortNames: ['ds'] }),
  define({
    group: 'batch',
    resource: 'cronjobs',
    kind: 'CronJob',
    shortNames: ['cj'],
    categories: ['all'],
  }),
  review('authentication.k8s.io', 'SelfSubjectReview'),
  review('authorization.k8s.io', 'SelfSubjectAccessReview'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview'),
  define({ group: 'coordination.k8s.io', resource: 'leases', kind: 'Lease' }),
];

export const apiVersionOf = (type: ResourceType) =>
  type.group ? `${type.group}/${type.version}` : type.version;

export function findResourceType(group: string, version: string, resource: string): ResourceType | undefined {
  return resourceTypes.find(
    (type) => type.group === group && type.version === version && type.resource === resource,
  );
}
