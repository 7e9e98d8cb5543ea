import type { ClusterId } from '../model/cluster.ts';

const pages = ['accounts', 'activity', 'settings'] as const;

/** What of the window is shown, as who sends a person there says it. */
export type Place =
  | { readonly kind: 'cluster'; readonly id: ClusterId }
  | { readonly kind: (typeof pages)[number] }
  /** What is new, over whatever else is shown. */
  | { readonly kind: 'release' }
  /** A question about what a link asks for. The link is as it came: whoever shows it parses it. */
  | { readonly kind: 'link'; readonly link: string }
  /** The same about a set of the person's own. */
  | { readonly kind: 'set'; readonly name: string };

/** The fragment of the page's address that leads there. */
export function placeHash(place: Place): string {
  switch (place.kind) {
    case 'cluster':
      return `#/cluster/${encodeURIComponent(place.id)}`;
    case 'link':
      return `#/link/${encodeURIComponent(place.link.toWellFormed())}`;
    case 'set':
      return `#/set/${encodeURIComponent(place.name)}`;
    default:
      return `#/${place.kind}`;
  }
}

/** The way back; undefined for what leads nowhere. */
export function placeIn(hash: string): Place | undefined {
  const page = pages.find((one) => hash === `#/${one}`);
  if (page !== undefined) return { kind: page };
  if (hash === '#/release') return { kind: 'release' };
  const [, kind, encoded] = /^#\/(cluster|link|set)\/([^/]+)$/.exec(hash) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const word = decodeURIComponent(encoded);
    if (kind === 'link') return { kind, link: word };
    return kind === 'set' ? { kind, name: word } : { kind: 'cluster', id: word as ClusterId };
  } catch {
    return undefined;
  }
}
