import { createHash } from 'node:crypto';
import type { Exchange } from '../exchange.ts';
import {
  apiVersionOf,
  configMapType,
  deploymentType,
  podType,
  type ResourceType,
  replicaSetType,
  secretType,
  serviceAccountType,
  serviceType,
} from '../resource-types.ts';
import { badRequest, invalid } from '../status.ts';
import type { Draft } from '../store.ts';
import { type Fields, isFields } from './list-keys.ts';

const common = ['apiVersion', 'kind', 'metadata'];
const ownFields = new Map([
  [configMapType, ['data', 'binaryData', 'immutable']],
  [secretType, ['data', 'stringData', 'type', 'immutable']],
  [serviceAccountType, ['secrets', 'imagePullSecrets', 'automountServiceAccountToken']],
]);

/** Fields of the object itself that its kind does not know. */
export function unknownFields(type: ResourceType, object: Fields): string[] {
  const known = [...common, ...(ownFields.get(type) ?? ['spec', 'status'])];
  return Object.keys(object).filter((field) => !known.includes(field));
}

/** Rejects with 400 what a strict reading does not know; else leaves it out, with a warning where one is wanted. */
export function decode(exchange: Exchange, type: ResourceType, object: Draft): Draft {
  const unknown = unknownFields(type, object);
  if (unknown.length === 0) return object;
  const validation = exchange.query.get('fieldValidation') ?? 'Warn';
  const listed = unknown.map((field) => `unknown field "${field}"`);
  if (validation === 'Strict') {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${listed.join(', ')}`,
    );
  }
  if (validation === 'Warn') {
    exchange.response.setHeader(
      'warning',
      listed.map((text) => `299 - ${JSON.stringify(text)}`),
    );
  }
  return Object.fromEntries(Object.entries(object).filter(([field]) => !unknown.includes(field))) as Draft;
}

/** The object with what the server fills in, of the fields that clients read back. */
export function withDefaults(type: ResourceType, object: Draft): Draft {
  if (type === secretType) return secret(object);
  if (type === serviceType) return service(object);
  if (type === podType) return { ...object, spec: podSpec(fieldsOf(object.spec)) };
  return type === deploymentType || type === replicaSetType ? workload(type, object) : object;
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

function secret({ stringData, ...object }: Draft): Draft {
  const encoded = Object.entries(fieldsOf(stringData)).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const data = { ...fieldsOf(object.data), ...Object.fromEntries(encoded) };
  return {
    ...object,
    ...(Object.keys(data).length > 0 ? { data } : {}),
    type: object.type ?? 'Opaque',
  } as Draft;
}

function service(object: Draft): Draft {
  const spec = fieldsOf(object.spec);
  const [first = 0, second = 0] = createHash('sha256')
    .update(`${object.metadata.namespace}/${object.metadata.name}`)
    .digest();
  const clusterIP = spec.clusterIP ?? `10.96.${first}.${second}`;
  const ports = listOf(spec.ports).map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port }));
  return {
    ...object,
    spec: {
      sessionAffinity: 'None',
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      clusterIPs: [clusterIP],
      ...spec,
      clusterIP,
      ports,
    },
    status: object.status ?? { loadBalancer: {} },
  };
}

function workload(type: ResourceType, object: Draft): Draft {
  const spec = fieldsOf(object.spec);
  const template = fieldsOf(spec.template);
  const wanted = fieldsOf(fieldsOf(spec.selector).matchLabels);
  const labels = fieldsOf(fieldsOf(template.metadata).labels);
  if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    throw invalid(
      type,
      object.metadata.name,
      'spec.template.metadata.labels',
      `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    );
  }
  return {
    ...object,
    spec: {
      replicas: 1,
      ...(type === deploymentType
        ? {
            revisionHistoryLimit: 10,
            progressDeadlineSeconds: 600,
            strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
          }
        : {}),
      ...spec,
      template: { ...template, spec: podSpec(fieldsOf(template.spec)) },
    },
  };
}

function podSpec(spec: Fields): Fields {
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    containers: listOf(spec.containers).map((container) => ({
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy:
        /:[^/]+$/.test(String(container.image)) && !/:latest$/.test(String(container.image))
          ? 'IfNotPresent'
          : 'Always',
      ...container,
      ...(Array.isArray(container.ports)
        ? { ports: listOf(container.ports).map((port) => ({ protocol: 'TCP', ...port })) }
        : {}),
    })),
  };
}

/** Rejects with 400 a body of another kind than the path says. */
export function checkKind(type: ResourceType, body: Fields): void {
  if (body.kind === undefined || (body.kind === type.kind && body.apiVersion === apiVersionOf(type))) return;
  throw badRequest(
    `${String(body.apiVersion)}, Kind=${String(body.kind)} in body does not match the ${type.kind} expected`,
  );
}
