import type { ClusterId } from '../agent/catalog/cluster.ts';

/** What of the window is shown, as who sends a person there says it. */
export type Place =
  | { readonly kind: 'cluster'; readonly id: ClusterId }
  | { readonly kind: 'accounts' | 'settings' }
  /** What is new, over whatever else is shown. */
  | { readonly kind: 'release' };

/** The fragment of the page's address that leads there. */
export function placeHash(place: Place): string {
  return place.kind === 'cluster' ? `#/cluster/${encodeURIComponent(place.id)}` : `#/${place.kind}`;
}

/** The way back; undefined for what leads nowhere. */
export function placeIn(hash: string): Place | undefined {
  if (hash === '#/accounts' || hash === '#/settings')
    return { kind: hash === '#/accounts' ? 'accounts' : 'settings' };
  if (hash === '#/release') return { kind: 'release' };
  const [, encoded] = /^#\/cluster\/([^/]+)$/.exec(hash) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return { kind: 'cluster', id: decodeURIComponent(encoded) as ClusterId };
  } catch {
    return undefined;
  }
}
