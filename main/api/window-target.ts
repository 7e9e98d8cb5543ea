import type { ClusterId } from '../model/cluster.ts';

const pages = ['accounts', 'activity', 'settings'] as const;

/** A target in the window that a notification, a link or the tray opens. */
export type WindowTarget =
  | { readonly kind: 'cluster'; readonly id: ClusterId }
  | { readonly kind: (typeof pages)[number] }
  /** The release notes, above the current view. */
  | { readonly kind: 'release' }
  /** A question about a link. The link is unparsed: the view parses it. */
  | { readonly kind: 'link'; readonly link: string }
  /** A question about one of the user's sets. */
  | { readonly kind: 'set'; readonly name: string };

/** Returns the URL fragment for a target. */
export function targetHash(target: WindowTarget): string {
  switch (target.kind) {
    case 'cluster':
      return `#/cluster/${encodeURIComponent(target.id)}`;
    case 'link':
      return `#/link/${encodeURIComponent(target.link.toWellFormed())}`;
    case 'set':
      return `#/set/${encodeURIComponent(target.name)}`;
    default:
      return `#/${target.kind}`;
  }
}

/** Parses a fragment. Returns undefined for an unknown target. */
export function targetIn(hash: string): WindowTarget | undefined {
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
