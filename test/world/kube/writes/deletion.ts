import { type Exchange, readBody, sendJson } from '../exchange.ts';
import { type KubeObject, kubeTime } from '../objects.ts';
import { namespaceType, podType, resourceTypes } from '../resource-types.ts';
import type { ResourceRoute } from '../routes.ts';
import { conflict, deleted, notFound, undeletable } from '../status.ts';
import type { ObjectKey, Store } from '../store.ts';

/** How long a pod, a namespace or an owner of others is seen as Terminating. */
const terminationMs = 100;

const immortal = ['default', 'kube-public', 'kube-system'];

interface DeleteOptions {
  readonly propagationPolicy?: string;
  readonly dryRun?: readonly string[] | string;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

interface OwnerReference {
  readonly kind: string;
  readonly name: string;
}

/** Deletes by `propagationPolicy`: what an object owns goes after it (`Background`, the default), before it, or stays. */
export async function answerDelete(
  exchange: Exchange,
  { type, namespace, name = '' }: ResourceRoute,
  store: Store,
): Promise<void> {
  const options: DeleteOptions = await readBody(exchange);
  const key = { type, namespace, name };
  const object = store.get(key);
  if (!object) throw notFound(type, name);
  const { uid, resourceVersion } = options.preconditions ?? {};
  if ((uid ?? object.metadata.uid) !== object.metadata.uid) throw conflict(type, name);
  if ((resourceVersion ?? object.metadata.resourceVersion) !== object.metadata.resourceVersion) {
    throw conflict(type, name);
  }
  if (type === namespaceType && immortal.includes(name)) throw undeletable(type, name);
  if (exchange.query.has('dryRun') || options.dryRun) return sendJson(exchange, 200, object);
  if (type === namespaceType || type === podType) return sendJson(exchange, 200, terminate(key, store));
  const policy = exchange.query.get('propagationPolicy') ?? options.propagationPolicy ?? 'Background';
  if (policy === 'Foreground') {
    const finalizers = ['foregroundDeletion'];
    const marked = mark(store, key, object, { finalizers });
    setTimeout(() => removeAfterOwned(key, object, store), terminationMs).unref();
    return sendJson(exchange, 200, marked);
  }
  store.remove(key);
  if (policy === 'Orphan') orphan(object, store);
  else setTimeout(() => collect(object, store), terminationMs).unref();
  return sendJson(exchange, 200, deleted(type, name, object.metadata.uid));
}

const mark = (store: Store, { type }: ObjectKey, object: KubeObject, more: object, fields: object = {}) =>
  store.put(type, {
    ...object,
    ...fields,
    metadata: { ...object.metadata, deletionTimestamp: kubeTime(), deletionGracePeriodSeconds: 0, ...more },
  });

/** The seeds have no uids of their owners, so an owner is told by its kind and name. */
function ownedBy({ kind, metadata }: KubeObject, store: Store) {
  return resourceTypes
    .filter(({ namespaced }) => namespaced)
    .flatMap((type) => store.list(type, metadata.namespace).map((object) => ({ type, object })))
    .filter(({ object }) => {
      const owners = (object.metadata.ownerReferences ?? []) as readonly OwnerReference[];
      return owners.some((owner) => owner.kind === kind && owner.name === metadata.name);
    });
}

/** What the garbage collector does. */
function collect(owner: KubeObject, store: Store): void {
  for (const { type, object } of ownedBy(owner, store)) {
    const { namespace, name } = object.metadata;
    if (type === podType) {
      terminate({ type, namespace, name }, store);
      continue;
    }
    store.remove({ type, namespace, name });
    collect(object, store);
  }
}

/** As a foreground deletion goes down: each after what it owns. */
function removeAfterOwned(key: ObjectKey, owner: KubeObject, store: Store): void {
  for (const { type, object } of ownedBy(owner, store)) {
    const { namespace, name } = object.metadata;
    if (type === podType) terminate({ type, namespace, name }, store);
    else removeAfterOwned({ type, namespace, name }, object, store);
  }
  whenGone(owner, store, () => store.remove(key));
}

function whenGone(owner: KubeObject, store: Store, act: () => void): void {
  if (ownedBy(owner, store).length === 0) {
    act();
    return;
  }
  const unsubscribe = store.subscribe(() => {
    if (ownedBy(owner, store).length > 0) return;
    unsubscribe();
    act();
  });
}

function orphan(owner: KubeObject, store: Store): void {
  for (const { type, object } of ownedBy(owner, store)) {
    const { ownerReferences: _gone, ...metadata } = object.metadata;
    store.put(type, { ...object, metadata });
  }
}

/** Marks a pod or namespace as Terminating and takes it away soon after, a namespace with all that is in it. */
export function terminate(key: ObjectKey, store: Store): KubeObject | undefined {
  const object = store.get(key);
  if (!object || object.metadata.deletionTimestamp) return object;
  const status = key.type === namespaceType ? { status: { phase: 'Terminating' } } : {};
  const terminating = mark(store, key, object, {}, status);
  setTimeout(() => {
    if (key.type === namespaceType) empty(key.name, store);
    store.remove(key);
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
