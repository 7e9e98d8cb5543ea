import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { type KubeObject, kubeTime, type ObjectMeta } from './objects.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';
import { expired } from './status.ts';

export interface Change {
  readonly kind: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly type: ResourceType;
  readonly version: number;
  readonly object: KubeObject;
  /** The object before the change: a watch with a selector needs it to tell who enters and who leaves. */
  readonly previous?: KubeObject;
}

export interface Draft {
  readonly metadata: Partial<ObjectMeta> & { readonly name: string };
  readonly [field: string]: unknown;
}

export interface ObjectKey {
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** As many changes as a watch may catch up on. */
const historyLength = 1000;

const keyOf = ({ type, namespace = '', name }: ObjectKey) =>
  `${type.group}/${type.resource}/${namespace}/${name}`;

/** Objects under one growing resource version, as etcd holds them, with a bounded history for watches. */
export class Store {
  #version = 1000;
  readonly #objects = new Map<string, KubeObject>();
  #history: Change[] = [];
  #compacted = this.#version;
  readonly #changes = new EventEmitter<{ change: [Change] }>().setMaxListeners(0);

  /** The resource version of the newest change. */
  get version(): number {
    return this.#version;
  }

  /** Versions below this one can no longer be watched from. */
  get oldest(): number {
    return this.#compacted;
  }

  get({ type, namespace, name }: ObjectKey): KubeObject | undefined {
    return this.#objects.get(keyOf({ type, namespace, name }));
  }

  /** In key order: by namespace, then by name. */
  list(type: ResourceType, namespace?: string): KubeObject[] {
    const prefix = `${type.group}/${type.resource}/${namespace === undefined ? '' : `${namespace}/`}`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Adds the object or replaces the one of its name, and stamps it as the server does. */
  put(type: ResourceType, draft: Draft): KubeObject {
    const { namespace, name } = draft.metadata;
    const key = keyOf({ type, namespace, name });
    const previous = this.#objects.get(key);
    const object: KubeObject = {
      ...draft,
      kind: type.kind,
      apiVersion: apiVersionOf(type),
      metadata: {
        ...draft.metadata,
        uid: previous?.metadata.uid ?? randomUUID(),
        creationTimestamp:
          previous?.metadata.creationTimestamp ?? draft.metadata.creationTimestamp ?? kubeTime(),
        resourceVersion: String(++this.#version),
      },
    };
    this.#objects.set(key, object);
    this.#record({
      kind: previous ? 'MODIFIED' : 'ADDED',
      type,
      version: this.#version,
      object,
      ...(previous ? { previous } : {}),
    });
    return object;
  }

  /** Does nothing when the object is gone already. */
  remove(key: ObjectKey): void {
    const previous = this.get(key);
    if (!previous) return;
    this.#objects.delete(keyOf(key));
    const object = {
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(++this.#version) },
    };
    this.#record({ kind: 'DELETED', type: key.type, version: this.#version, object, previous });
  }

  /** Changes after a version; rejects with 410 Expired when they are no longer known. */
  since(version: number): readonly Change[] {
    if (version < this.#compacted) throw expired(version, this.#compacted);
    return this.#history.filter((change) => change.version > version);
  }

  /** Forgets the history, as a compaction of etcd does. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#version;
  }

  /** The answer ends the subscription. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#changes.on('change', listener);
    return () => this.#changes.off('change', listener);
  }

  #record(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > historyLength) {
      const dropped = this.#history.shift();
      if (dropped) this.#compacted = dropped.version;
    }
    this.#changes.emit('change', change);
  }
}
