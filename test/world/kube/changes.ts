import { randomBytes } from 'node:crypto';
import { createNamespace } from './cluster-objects.ts';
import { type Exchange, readBody, sendJson } from './exchange.ts';
import { type KubeObject, kubeTime } from './objects.ts';
import {
  apiVersionOf,
  deploymentType,
  namespaceType,
  podType,
  replicaSetType,
  resourceTypes,
} from './resource-types.ts';
import type { ResourceRoute } from './routes.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  deleted,
  invalid,
  namespaceTerminating,
  notFound,
  unsupportedMediaType,
} from './status.ts';
import type { Draft, Place, Store } from './store.ts';

/** How long a pod or a namespace is seen as Terminating. */
const terminationMs = 100;

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export async function answerCreate(
  exchange: Exchange,
  { type, namespace }: ResourceRoute,
  { store, rootCertificate }: { readonly store: Store; readonly rootCertificate: string },
): Promise<void> {
  const body = await readBody(exchange);
  const given = (body.metadata ?? {}) as Partial<Draft['metadata']> & { readonly generateName?: string };
  const name = given.name || (given.generateName ? given.generateName + suffix() : '');
  if (body.kind !== undefined && (body.kind !== type.kind || body.apiVersion !== apiVersionOf(type))) {
    throw badRequest(
      `${String(body.apiVersion)}, Kind=${String(body.kind)} in body does not match the ${type.kind} expected`,
    );
  }
  if (namespace !== undefined && given.namespace && given.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  checkName(type, name);
  checkNamespace({ type, name, namespace, store });
  if (store.get({ type, namespace, name })) throw alreadyExists(type, name);
  const draft: Draft = {
    ...body,
    ...initialStatus(type),
    metadata: { ...given, name, ...(namespace === undefined ? {} : { namespace }) },
  };
  if (exchange.query.has('dryRun')) return sendJson(exchange, 201, draft);
  const object =
    type === namespaceType ? createNamespace(store, draft, rootCertificate) : store.put(type, draft);
  return sendJson(exchange, 201, object);
}

/** No scheduler or controller is at work here: what was created stays as it was at first. */
function initialStatus(type: ResourceRoute['type']): Partial<Draft> {
  if (type === podType) return { status: { phase: 'Pending', qosClass: 'BestEffort' } };
  return type === deploymentType || type === replicaSetType ? { status: { replicas: 0 } } : {};
}

/** A merge patch; a strategic one too, which differs in lists only, and those it replaces as a whole. */
export async function answerPatch(
  exchange: Exchange,
  { type, namespace, name = '' }: ResourceRoute,
  store: Store,
): Promise<void> {
  if (!/(strategic-)?merge-patch\+json/.test(exchange.request.headers['content-type'] ?? '')) {
    throw unsupportedMediaType();
  }
  const patch = await readBody(exchange);
  const current = store.get({ type, namespace, name });
  if (!current) throw notFound(type, name);
  const merged = mergePatch(current, patch) as KubeObject;
  if (merged.metadata.resourceVersion !== current.metadata.resourceVersion) throw conflict(type, name);
  sendJson(exchange, 200, exchange.query.has('dryRun') ? merged : store.put(type, merged));
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

export function answerDelete(
  exchange: Exchange,
  { type, namespace, name = '' }: ResourceRoute,
  store: Store,
) {
  const object = store.get({ type, namespace, name });
  if (!object) throw notFound(type, name);
  if (exchange.query.has('dryRun')) return sendJson(exchange, 200, object);
  if (type === namespaceType || type === podType) {
    return sendJson(exchange, 200, terminate({ type, namespace, name }, store));
  }
  store.remove({ type, namespace, name });
  return sendJson(exchange, 200, deleted(type, name, object.metadata.uid));
}

/** Marks a pod or namespace as Terminating and takes it away soon after, a namespace with all that is in it. */
export function terminate(place: Place, store: Store): KubeObject | undefined {
  const object = store.get(place);
  if (!object || object.metadata.deletionTimestamp) return object;
  const terminating = store.put(place.type, {
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: kubeTime(), deletionGracePeriodSeconds: 0 },
    ...(place.type === namespaceType ? { status: { phase: 'Terminating' } } : {}),
  });
  setTimeout(() => {
    if (place.type === namespaceType) empty(place.name, store);
    store.remove(place);
  }, terminationMs).unref();
  return terminating;
}

function empty(namespace: string, store: Store) {
  for (const type of resourceTypes.filter(({ namespaced }) => namespaced)) {
    for (const { metadata } of store.list(type, namespace)) {
      store.remove({ type, namespace, name: metadata.name });
    }
  }
}

function checkName(type: ResourceRoute['type'], name: string) {
  if (name === '') {
    throw invalid(type, '', 'metadata.name', 'Required value: name or generateName is required');
  }
  if (type === namespaceType && !label.test(name)) {
    throw invalid(
      type,
      name,
      'metadata.name',
      `Invalid value: "${name}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    );
  }
  if (!subdomain.test(name)) {
    throw invalid(
      type,
      name,
      'metadata.name',
      `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    );
  }
}

function checkNamespace({ type, name, namespace, store }: Place & { readonly store: Store }) {
  if (!type.namespaced) return;
  if (namespace === undefined) throw badRequest('an empty namespace may not be set during creation');
  const home = store.get({ type: namespaceType, name: namespace });
  if (!home) throw notFound(namespaceType, namespace);
  if (home.metadata.deletionTimestamp) throw namespaceTerminating(type, name, namespace);
}

const suffix = () => randomBytes(8).toString('base64url').toLowerCase().replace(/[-_]/g, 'x').slice(0, 5);
