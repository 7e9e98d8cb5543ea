import type { KubeObject } from './objects.ts';
import type { ResourceType } from './resource-types.ts';
import {
  configMapForm,
  deploymentForm,
  eventForm,
  namespaceForm,
  nodeForm,
  plainForm,
  podForm,
  replicaSetForm,
  secretForm,
  serviceForm,
  type TableForm,
} from './table-columns.ts';

/** How the client wants its objects. */
export type Representation = 'object' | 'table' | 'metadata';

const forms: Readonly<Record<string, TableForm>> = {
  configmaps: configMapForm,
  deployments: deploymentForm,
  events: eventForm,
  namespaces: namespaceForm,
  nodes: nodeForm,
  pods: podForm,
  replicasets: replicaSetForm,
  secrets: secretForm,
  services: serviceForm,
};

/** The first form of the Accept header that is served; JSON objects when none is (protobuf is not). */
export function representationOf(accept: string | undefined): Representation {
  for (const entry of (accept ?? '').split(',').map((each) => each.trim())) {
    if (!/^(application\/json|\*\/\*)/.test(entry)) continue;
    const [, as] = /;as=(\w+)/.exec(entry) ?? [];
    if (as === undefined) return 'object';
    if (as === 'Table' && /;v=v1(;|$)/.test(entry)) return 'table';
    if (/^PartialObjectMetadata(List)?$/.test(as)) return 'metadata';
  }
  return 'object';
}

/** A `Table` of the objects; without column definitions where the client already has them. */
export function renderTable(given: {
  readonly type: ResourceType;
  readonly objects: readonly KubeObject[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Of the request: `None`, `Metadata` (when left out) or `Object`. */
  readonly includeObject: string | null;
  readonly headless?: boolean;
}): Record<string, unknown> {
  const { type, objects, metadata, includeObject, headless = false } = given;
  const form = forms[type.resource] ?? plainForm;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headless ? null : form.columns,
    rows: objects.map((object) => ({
      cells: form.cells(object),
      ...(includeObject === 'None'
        ? {}
        : { object: includeObject === 'Object' ? object : metadataOnly(object) }),
    })),
  };
}

export const metadataOnly = ({ metadata }: KubeObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
