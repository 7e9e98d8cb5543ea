import type { Organisation } from '../../model/organisation.ts';
import { parseKey } from './source.ts';

/** The part of a stored setup that says which keys must sign the next version. */
export interface Pinned {
  /** The first key, base64. Versions that know only one key read and write this. */
  readonly key?: string | undefined;
  /** All keys, if there are several. */
  readonly keys?: readonly string[] | undefined;
  readonly keyFrom?: 'user' | 'link' | undefined;
}

/** Returns the keys of which one must sign the next version. */
export function pinnedKeys({ key, keys }: Pinned): readonly string[] {
  return keys ?? (key === undefined ? [] : [key]);
}

/** A key from the link itself does not prove who wrote the configuration. */
export function isSigned({ key, keyFrom }: Pinned): boolean {
  return key !== undefined && keyFrom === 'user';
}

/**
 * Returns the keys that are pinned after a configuration was accepted: those that it lists, if a key that the user gave
 * has signed it; otherwise `keys`, those from before. What nobody vouches for pins nothing.
 */
export function keysAfter(
  { signing }: Organisation,
  { keys, keyFrom }: { readonly keys: readonly string[]; readonly keyFrom: Pinned['keyFrom'] },
): readonly string[] {
  return keyFrom === 'user' && signing !== undefined ? signing.publicKeys.map(parseKey) : keys;
}

export function areSameKeys(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((key) => others.includes(key));
}
