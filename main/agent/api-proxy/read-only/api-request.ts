/** A request for a resource, read as the API server reads it. */
export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: Verb;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** What follows the subresource. */
  readonly rest: readonly string[];
}

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'proxy'
  /** A method that no verb stands for. */
  | 'unknown';

/** What a request to an API server asks for. */
export type ApiRequest =
  | ResourceRequest
  /** Discovery, health and whatever else has a path but is no resource. `segments` are decoded. */
  | { readonly kind: 'path'; readonly method: string; readonly segments: readonly string[] }
  /** A path that another reader could read in another way. */
  | { readonly kind: 'ambiguous' };

const verbs: Readonly<Record<string, Verb>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** The subresources of a namespace itself: anything else after its name is a resource in it. */
const ofNamespace = new Set(['status', 'finalize']);

/**
 * Reads a request as `RequestInfoFactory.NewRequestInfo` of k8s.io/apiserver does. Stricter: a path with an empty or a dot
 * segment, or one whose decoded segments hold a slash, a percent sign or anything else outside printable ASCII is
 * ambiguous, since a proxy on the way or an aggregated server may read it differently.
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
export function readApiRequest(method: string, target: string): ApiRequest {
  const [path = '', ...queries] = target.split('?');
  const segments = segmentsOf(path);
  if (segments === undefined || target.includes('#')) return { kind: 'ambiguous' };
  const query = new URLSearchParams(queries.join('?'));
  const [prefix, ...after] = segments;
  const isCore = prefix === 'api';
  if ((!isCore && prefix !== 'apis') || after.length < (isCore ? 2 : 3))
    return { kind: 'path', method, segments };
  const [group, version, parts] = isCore
    ? ['', after[0] ?? '', after.slice(1)]
    : [after[0] ?? '', after[1] ?? '', after.slice(2)];
  const methodVerb = verbs[method] ?? 'unknown';
  const first = parts[0] ?? '';
  // The prefixes of API servers before 1.11. Compared without case: nothing else may be called so.
  const special = ['watch', 'proxy', 'redirect'].find((one) => one === first.toLowerCase());
  const named = inNamespace(special === undefined ? parts : parts.slice(1));
  const rest = { kind: 'resource', group, version, ...named } as const;
  if (special === 'proxy' || special === 'redirect') return { ...rest, verb: 'proxy' };
  if (special === 'watch') return { ...rest, verb: methodVerb === 'get' ? 'watch' : methodVerb };
  return { ...rest, verb: verbFor(methodVerb, named.name, query) };
}

function verbFor(methodVerb: Verb, name: string | undefined, query: URLSearchParams): Verb {
  // As apimachinery's `Convert_Slice_string_To_bool`: no value, "false" and "0" are false, everything else is true.
  const [watch = 'false'] = query.getAll('watch');
  const isWatch = watch.toLowerCase() !== 'false' && watch !== '0';
  if (methodVerb === 'get' && isWatch) return 'watch';
  if (name !== undefined) return methodVerb;
  if (methodVerb === 'get') return 'list';
  return methodVerb === 'delete' ? 'deletecollection' : methodVerb;
}

function inNamespace(
  parts: readonly string[],
): Pick<ResourceRequest, 'resource' | 'subresource' | 'namespace' | 'name' | 'rest'> {
  const [first = '', namespace, third] = parts;
  const isWithin =
    first === 'namespaces' && namespace !== undefined && third !== undefined && !ofNamespace.has(third);
  const [resource = '', name, subresource, ...rest] = isWithin ? parts.slice(2) : parts;
  const own = first === 'namespaces' ? namespace : undefined;
  return { resource, name, subresource, namespace: own, rest };
}

/** Returns the decoded segments of a path, or undefined if it is ambiguous. One slash at the end is none. */
function segmentsOf(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  const raw = path.slice(1).split('/');
  if (raw.length > 1 && raw.at(-1) === '') raw.pop();
  if (raw.length === 1 && raw[0] === '') return [];
  const segments = raw.map(decoded);
  return segments.every((one) => one !== undefined) ? (segments as readonly string[]) : undefined;
}

function decoded(raw: string): string | undefined {
  let segment: string;
  try {
    segment = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  const isPlain = /^[\x21-\x7e]+$/.test(segment) && !/[/\\%?#;]/.test(segment);
  return isPlain && segment !== '.' && segment !== '..' ? segment : undefined;
}
