import { findResourceType, type ResourceType } from './resource-types.ts';

export interface ResourceRoute {
  readonly kind: 'resource';
  readonly type: ResourceType;
  /** The API's own word: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

export type Route =
  | { readonly kind: 'health'; readonly check: string; readonly single?: string | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'discovery'; readonly path: string }
  | { readonly kind: 'openapi'; readonly path: string }
  | ResourceRoute
  | { readonly kind: 'unknown' };

export function parseRoute(method: string, path: string, query: URLSearchParams): Route {
  const clean = path.replace(/\/+$/, '');
  const [, check, single] = /^\/(readyz|livez|healthz)(?:\/(.+))?$/.exec(clean) ?? [];
  if (check) return { kind: 'health', check, single };
  if (clean === '/version') return { kind: 'version' };
  if (/^\/openapi\/v[23]/.test(clean)) return { kind: 'openapi', path: clean };
  if (/^\/(api(\/v1)?|apis(\/[^/]+(\/[^/]+)?)?)$/.test(clean)) return { kind: 'discovery', path: clean };
  const [, group = '', version = '', rest = ''] =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(.+)$/.exec(clean) ?? [];
  return parseResource({ group, version, segments: rest.split('/').map(decodeURIComponent), method, query });
}

function parseResource(given: {
  readonly group: string;
  readonly version: string;
  readonly segments: readonly string[];
  readonly method: string;
  readonly query: URLSearchParams;
}): Route {
  const { group, version, segments, method, query } = given;
  const inNamespace = segments[0] === 'namespaces' && segments.length > 2;
  const namespace = inNamespace ? segments[1] : undefined;
  const [resource = '', name, subresource, ...more] = inNamespace ? segments.slice(2) : segments;
  const type = findResourceType(group, version, resource);
  if (!type || more.length > 0 || (namespace !== undefined && !type.namespaced)) return { kind: 'unknown' };
  return {
    kind: 'resource',
    type,
    verb: verbOf(method, name !== undefined, query),
    namespace,
    name,
    subresource,
  };
}

function verbOf(method: string, named: boolean, query: URLSearchParams): string {
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return named ? 'delete' : 'deletecollection';
  if (!named && /^(true|1)$/.test(query.get('watch') ?? '')) return 'watch';
  return named ? 'get' : 'list';
}

/** The word that faults and counts go by: what a person types after `kubectl`, or the path's own name. */
export function operationOf(route: Route): string {
  if (route.kind === 'health') return route.check;
  if (route.kind !== 'resource') return route.kind;
  if (route.subresource === 'log') return 'logs';
  if (route.subresource) return route.subresource;
  return `${route.verb === 'list' ? 'get' : route.verb} ${route.type.resource}`;
}
