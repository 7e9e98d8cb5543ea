import { createNamespace } from '../cluster-objects.ts';
import { type Exchange, readBody, sendJson } from '../exchange.ts';
import type { KubeObject } from '../objects.ts';
import {
  deploymentType,
  namespaceType,
  podType,
  type ResourceType,
  replicaSetType,
} from '../resource-types.ts';
import type { ResourceRoute } from '../routes.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  notFound,
  strictPatch,
  undeclaredField,
  unsupportedMediaType,
} from '../status.ts';
import type { Draft, Store } from '../store.ts';
import { checkKind, decode, unknownFields, withDefaults } from './defaults.ts';
import { apply, update } from './managed-fields.ts';
import { checkName, checkNamespace, suffix } from './naming.ts';
import { goText, jsonPatch, mergePatch, strategicMerge } from './patches.ts';

export interface WritableCluster {
  readonly store: Store;
  /** PEM. */
  readonly rootCertificate: string;
}

type Written = Partial<Draft['metadata']> & { readonly generateName?: string };

export async function answerCreate(
  exchange: Exchange,
  { type, namespace }: ResourceRoute,
  cluster: WritableCluster,
): Promise<void> {
  const body = await readBody(exchange);
  const given = (body.metadata ?? {}) as Written;
  checkKind(type, body);
  checkSameNamespace(given, namespace);
  const name = given.name || (given.generateName ? given.generateName + suffix() : '');
  checkName(type, name);
  checkNamespace({ type, name, namespace, store: cluster.store });
  if (cluster.store.get({ type, namespace, name })) throw alreadyExists(type, name);
  const { resourceVersion: _version, uid: _uid, ...kept } = given;
  const metadata = { ...kept, name, ...(namespace === undefined ? {} : { namespace }) };
  const next = { ...body, ...initialStatus(type), metadata };
  sendJson(exchange, 201, write({ exchange, type, live: undefined, next, cluster }));
}

/** A whole object in place of the one that is there; a `resourceVersion` in it must be the newest. */
export async function answerUpdate(
  exchange: Exchange,
  { type, namespace, name = '' }: ResourceRoute,
  cluster: WritableCluster,
): Promise<void> {
  const body = await readBody(exchange);
  checkKind(type, body);
  const given = (body.metadata ?? {}) as Written;
  if (given.name !== name) {
    throw badRequest(
      `the name of the object (${given.name ?? ''}) does not match the name on the URL (${name})`,
    );
  }
  checkSameNamespace(given, namespace);
  const live = cluster.store.get({ type, namespace, name });
  if (!live) throw notFound(type, name);
  checkVersion(type, live, given.resourceVersion);
  const metadata = { ...given, name, ...(namespace === undefined ? {} : { namespace }) };
  const next = { ...('status' in live ? { status: live.status } : {}), ...body, metadata };
  sendJson(exchange, 200, write({ exchange, type, live, next, cluster }));
}

/** By the type of the body; an apply is none of them. */
export const patches: readonly (readonly [RegExp, (target: unknown, patch: unknown) => unknown])[] = [
  [/^application\/merge-patch\+json/, mergePatch],
  [/^application\/strategic-merge-patch\+json/, strategicMerge],
  [/^application\/json-patch\+json/, jsonPatch],
];

/** The four kinds of patch; an apply creates what is not there. */
export async function answerPatch(
  exchange: Exchange,
  { type, namespace, name = '' }: ResourceRoute,
  cluster: WritableCluster,
): Promise<void> {
  const contentType = exchange.request.headers['content-type'] ?? '';
  const live = cluster.store.get({ type, namespace, name });
  if (/^application\/apply-patch\+yaml/.test(contentType)) {
    return answerApply(exchange, { type, namespace, name }, { live, cluster });
  }
  const patch = patches.find(([pattern]) => pattern.test(contentType))?.[1];
  if (!patch) throw unsupportedMediaType();
  const body = await readBody(exchange);
  if (!live) throw notFound(type, name);
  const next = patch(live, body) as KubeObject;
  checkVersion(type, live, next.metadata.resourceVersion);
  const unknown = unknownFields(type, next);
  if (unknown.length > 0 && exchange.query.get('fieldValidation') === 'Strict') {
    throw strictPatch(patch === strategicMerge ? goText(body) : JSON.stringify(body), unknown);
  }
  sendJson(exchange, 200, write({ exchange, type, live, next, cluster }));
}

async function answerApply(
  exchange: Exchange,
  {
    type,
    namespace,
    name,
  }: { readonly type: ResourceType; readonly namespace?: string | undefined; readonly name: string },
  { live, cluster }: { readonly live: KubeObject | undefined; readonly cluster: WritableCluster },
): Promise<void> {
  const { query } = exchange;
  const manager = query.get('fieldManager');
  if (!manager) {
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }
  const body = await readBody(exchange);
  checkKind(type, body);
  const given = (body.metadata ?? {}) as Written;
  if (given.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  checkSameNamespace(given, namespace);
  if (live) checkVersion(type, live, given.resourceVersion);
  else {
    checkName(type, name);
    checkNamespace({ type, name, namespace, store: cluster.store });
  }
  const metadata = { ...given, name, ...(namespace === undefined ? {} : { namespace }) };
  const config = { ...body, metadata };
  const [unknown] = unknownFields(type, config);
  if (unknown !== undefined) throw undeclaredField(type, metadata, unknown);
  const applied = apply({ type, manager, force: query.get('force') === 'true', live, config });
  const object = withDefaults(type, live ? applied : { ...applied, ...initialStatus(type) });
  sendJson(exchange, live ? 200 : 201, store({ exchange, type, object, live, cluster }));
}

/** Decodes the object, fills it in, and stores it as the caller's; answers it as it then is. */
export function write(given: {
  readonly exchange: Exchange;
  readonly type: ResourceType;
  readonly live: KubeObject | undefined;
  readonly next: Draft;
  readonly cluster: WritableCluster;
}): Draft {
  const { exchange, type, live, next, cluster } = given;
  const full = withDefaults(type, decode(exchange, type, next));
  const object = update({ type, manager: managerOf(exchange), live, next: full });
  return store({ exchange, type, object, live, cluster });
}

/** What the caller says, else the first word of its name. */
const managerOf = ({ query, request }: Exchange): string =>
  query.get('fieldManager') || (request.headers['user-agent'] ?? '').split('/')[0] || 'unknown';

function checkSameNamespace(given: Written, namespace: string | undefined): void {
  if (namespace === undefined || !given.namespace || given.namespace === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function checkVersion(type: ResourceType, live: KubeObject, given: string | undefined): void {
  if (given && given !== live.metadata.resourceVersion) throw conflict(type, live.metadata.name);
}

/** A change of nothing makes no version. */
function store(given: {
  readonly exchange: Exchange;
  readonly type: ResourceType;
  readonly object: Draft;
  readonly live: KubeObject | undefined;
  readonly cluster: WritableCluster;
}): Draft {
  const { exchange, type, object, live, cluster } = given;
  if (exchange.query.has('dryRun')) return object;
  if (live && isSame(live, object)) return live;
  if (live?.immutable === true && !isSame({ ...live, metadata: object.metadata }, object)) {
    throw invalid(type, live.metadata.name, 'data', 'Forbidden: field is immutable when `immutable` is set');
  }
  if (!live && type === namespaceType) return createNamespace(cluster.store, object, cluster.rootCertificate);
  return cluster.store.put(type, object);
}

/** But for when who wrote what. */
const isSame = (one: object, other: object) => canonical(one) === canonical(other);

const canonical = (object: object): string =>
  JSON.stringify(object, (key, value: unknown) => {
    if (key === 'time') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });

/** No scheduler or controller is at work here: what was created stays as it was at first. */
function initialStatus(type: ResourceType): Partial<Draft> {
  if (type === podType) return { status: { phase: 'Pending', qosClass: 'BestEffort' } };
  return type === deploymentType || type === replicaSetType ? { status: { replicas: 0 } } : {};
}
