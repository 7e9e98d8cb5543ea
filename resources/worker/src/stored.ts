import type { Channel, KeyValueStore } from './environment.ts';
import type { Envelope } from './sign.ts';

/** A release in KV, signed once when it is published. */
export interface StoredRelease {
  readonly version: string;
  /** Percentage of the installations. */
  readonly rollout: number;
  readonly publishedAt: string;
  readonly etag: string;
  readonly envelope: Envelope;
}

/**
 * A channel's releases, the newest first. Older ones are for installations that a newer one's rollout does not include
 * yet.
 */
export async function readChannel(store: KeyValueStore, channel: Channel): Promise<readonly StoredRelease[]> {
  return ((await store.get(channel, 'json')) ?? []) as readonly StoredRelease[];
}

const keptAtMost = 5;

/** Stores all in one value, because KV does not update two values atomically. */
export async function writeChannel(
  store: KeyValueStore,
  channel: Channel,
  releases: readonly StoredRelease[],
): Promise<void> {
  await store.put(channel, JSON.stringify(releases.slice(0, keptAtMost)));
}
