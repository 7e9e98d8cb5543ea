import type { Organisation } from '../../model/organisation.ts';

/** An address of a configuration, and how it is tried. */
export interface Address {
  readonly path: readonly PropertyKey[];
  /** What is requested. */
  readonly url: string;
  readonly kind: 'access' | 'vault' | 'portal' | 'releases' | 'catalog' | 'collector' | 'page';
}

/** Returns every address of a configuration. */
export function addressesOf(organisation: Organisation): readonly Address[] {
  const { access, sources, releases, defaults, links } = organisation;
  const { support, accessRequest } = links ?? {};
  const one = (kind: Address['kind'], path: readonly PropertyKey[], url: string | undefined) =>
    url === undefined || url === '' ? [] : [{ kind, path, url }];
  return [
    ...one(
      'access',
      ['access', 'team'],
      access?.team === undefined ? undefined : `https://${access.team}/cdn-cgi/access/certs`,
    ),
    ...(sources?.eks?.identityCenter ?? []).flatMap(({ startUrl }, index) =>
      one('portal', ['sources', 'eks', 'identityCenter', index, 'startUrl'], startUrl),
    ),
    ...(sources?.vault?.addresses ?? []).flatMap(({ address }, index) =>
      one('vault', ['sources', 'vault', 'addresses', index, 'address'], below(address, 'v1/sys/health')),
    ),
    ...one('catalog', ['sources', 'catalog', 'url'], below(sources?.catalog?.url, 'v1/catalog')),
    ...one(
      'releases',
      ['releases', 'url'],
      below(releases?.url, `v1/releases/${releases?.channel ?? 'stable'}`),
    ),
    ...one('collector', ['defaults', 'auditExport'], defaults?.auditExport),
    ...one('page', ['links', 'support'], support),
    ...one('page', ['links', 'accessRequest'], accessRequest),
  ];
}

function below(base: string | undefined, path: string): string | undefined {
  return base === undefined ? undefined : new URL(path, base.endsWith('/') ? base : `${base}/`).href;
}
