import type { Channel, KeyValueStore } from './environment.ts';
import type { Envelope } from './sign.ts';

/** A release as it lies in KV: signed once, when it is published. */
export interface StoredRelease {
  readonly version: string;
  /** Percent of the installations. */
  readonly rollout: number;
  readonly publishedAt: string;
  readonly etag: string;
  readonly envelope: Envelope;
}

/** A channel's releases, the newest first: an older one is for whom the newer ones have not come to yet. */
export async function readChannel(store: KeyValueStore, channel: Channel): Promise<readonly StoredRelease[]> {
  return ((await store.get(channel, 'json')) ?? []) as readonly StoredRelease[];
}

const keptAtMost = 5;

/** In one value: KV does not promise that two are seen together. */
export async function writeChannel(
  store: KeyValueStore,
  channel: Channel,
  releases: readonly StoredRelease[],
): Promise<void> {
  await store.put(channel, JSON.stringify(releases.slice(0, keptAtMost)));
}
