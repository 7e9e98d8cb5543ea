import type { ReadOnly } from '../../../model/read-only.ts';
import type { Exchange } from '../exchange.ts';
import { valuesOf } from '../headers.ts';
import { type Status, statusOf } from '../status.ts';
import { type ApiRequest, type ResourceRequest, readApiRequest } from './api-request.ts';
import { metadataAccept } from './secret-metadata.ts';

/** What becomes of a request with a read-only secret. */
export type Verdict =
  | { readonly kind: 'allowed' }
  /** Allowed, but only the metadata of the Secrets in its answer is passed on. */
  | { readonly kind: 'metadata'; readonly accept: string; readonly isWatch: boolean }
  | { readonly kind: 'refused'; readonly status: Status };

/** How a refusal explains itself. */
export interface RefusalWords {
  /** What is read-only, at the beginning of a sentence. */
  readonly subject: string;
  /** What to do, where the request would change something. */
  readonly cure: string;
  /** What to do, where it would read the data of Secrets. */
  readonly secretsCure: string;
}

/** For a kubeconfig that was created read-only. */
const ofKubeconfig: RefusalWords = {
  subject: 'this kubeconfig is read-only',
  cure: 'Use a context of your own for this, or ask the person who created this kubeconfig.',
  secretsCure: 'Ask the person who created this kubeconfig for one with --allow-secrets.',
};

/** What every request with another secret gets. */
export const allowed: Verdict = { kind: 'allowed' };

/** Paths besides resources that are read: discovery, OpenAPI, version and health. */
const readable: readonly (readonly string[])[] = [
  ['api'],
  ['apis'],
  ['openapi'],
  ['version'],
  ['healthz'],
  ['livez'],
  ['readyz'],
];
/** Subresources whose GET reads. The others are connections, proxies or unknown. */
const readableSubresources = new Set(['status', 'scale', 'log', 'approval', 'resize', 'ephemeralcontainers']);
/** Groups whose subresources are the names of metrics. */
const metricGroups = new Set(['custom.metrics.k8s.io', 'external.metrics.k8s.io']);
/** Groups of servers of their own in which a GET changes something, such as starting a profiler. */
const actingGroups = new Set(['subresources.kubevirt.io']);
/** Reviews that say what the user may do, and change nothing. */
const reviews = new Set([
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authentication.k8s.io/selfsubjectreviews',
]);
/** Groups that kube-apiserver serves itself, all of which honour `dryRun`. Another server may ignore it. */
const ownGroups = new Set([
  ...['', 'apps', 'batch', 'autoscaling', 'policy'],
  ...['networking', 'rbac.authorization', 'storage', 'scheduling', 'coordination', 'discovery', 'node'].map(
    (name) => `${name}.k8s.io`,
  ),
]);
/** Fields with which a request acts as somebody else, or as another method. A proxy on the way may read `_` as `-`. */
const forbiddenFields = [
  'impersonate-',
  'x-remote-user',
  'x-remote-uid',
  'x-remote-group',
  'x-remote-extra-',
  'x-http-method',
  'x-method-override',
];

/**
 * Decides about a request with a read-only secret. Everything is refused that is not known to read: what is not named here
 * cannot change anything, whatever an API server or an aggregated one understands by it.
 */
export function readOnlyVerdict(
  { method, path, fields, body, upgrade }: Pick<Exchange, 'method' | 'path' | 'fields' | 'body' | 'upgrade'>,
  limits: ReadOnly,
  words = ofKubeconfig,
): Verdict {
  const refused = (what: string, cure = words.cure) => refusal(words.subject, what, cure);
  const refusedAct = (act: ApiRequest) => refused(`${described(act)} is not allowed`);
  const request = readApiRequest(method, path);
  if (request.kind === 'ambiguous')
    return refused('the path of the request is not in its plain form, so that it could mean something else');
  const forbidden = fields.find(([name]) => {
    const lower = name.toLowerCase().replaceAll('_', '-');
    return forbiddenFields.some((one) => lower.startsWith(one));
  });
  if (forbidden !== undefined) return refused(`the header ${forbidden[0].slice(0, 60)} is not allowed`);
  const isUpgrade = upgrade !== undefined || valuesOf(fields, 'upgrade').length > 0;
  // fabric8 watches by WebSocket, and after a 503 by a plain GET (`WatchHTTPManager`).
  if (isUpgrade && request.kind === 'resource' && request.verb === 'watch' && isReadableResource(request))
    return { kind: 'refused', status: statusOf(503, `k8s-tunnels: ${words.subject}: ${plainWatch}`) };
  if (isUpgrade)
    return refused(`${described(request)} needs a connection in both directions, which is not allowed`);
  const isReading = method === 'GET' || method === 'HEAD';
  if (isReading && body !== undefined) return refused('a request that reads has no body');
  if (request.kind === 'path')
    return isReading && isReadable(request.segments) ? allowed : refusedAct(request);
  if (!isReading) return isHarmless(request, path, limits) ? allowed : refusedAct(request);
  if (!isReadableResource(request)) return refusedAct(request);
  if (!isOfSecrets(request) || limits.secrets === true) return allowed;
  const accept = metadataAccept(valuesOf(fields, 'accept'));
  if (request.subresource === undefined && accept !== undefined)
    return { kind: 'metadata', accept, isWatch: request.verb === 'watch' };
  return refused('the data of Secrets is not readable', words.secretsCure);
}

const plainWatch = 'watch without an upgrade to WebSocket.';

function isReadable(segments: readonly string[]): boolean {
  const [first] = segments;
  return first === undefined || readable.some(([prefix]) => prefix === first);
}

function isReadableResource({ verb, group, subresource, rest, resource }: ResourceRequest): boolean {
  if (!['get', 'list', 'watch'].includes(verb) || resource === '' || actingGroups.has(group)) return false;
  if (subresource === undefined) return true;
  if (rest.length > 0) return false;
  return metricGroups.has(group) || readableSubresources.has(subresource);
}

/** Returns true if a request with a writing method changes nothing. */
function isHarmless(request: ResourceRequest, path: string, limits: ReadOnly): boolean {
  const { verb, group, resource, subresource, namespace, name } = request;
  const [plain = '', ...queries] = path.split('?');
  const isPlain = subresource === undefined && request.rest.length === 0 && !plain.endsWith('/');
  if (verb === 'create' && isPlain && namespace === undefined && name === undefined)
    if (reviews.has(`${group}/${resource}`)) return true;
  if (limits.dryRun !== true || !isPlain || !ownGroups.has(group)) return false;
  // Of a DELETE, the API server reads the options in the body in place of those in the query.
  if (verb !== 'create' && verb !== 'update' && verb !== 'patch') return false;
  // Answers with the whole object. A binding has no name of its own kind.
  if ((isOfSecrets(request) && limits.secrets !== true) || resource.toLowerCase() === 'bindings')
    return false;
  const values = new URLSearchParams(queries.join('?')).getAll('dryRun');
  return values.length === 1 && values[0] === 'All';
}

/** Also where another server than kube-apiserver calls something so. */
function isOfSecrets({ resource }: ResourceRequest): boolean {
  return resource.toLowerCase() === 'secrets';
}

function refusal(subject: string, what: string, cure: string): Verdict {
  return { kind: 'refused', status: statusOf(403, `k8s-tunnels: ${subject}: ${what}. ${cure}`) };
}

/** Names an act as kubectl's own refusals do. */
function described(request: ApiRequest): string {
  if (request.kind === 'ambiguous') return 'this request';
  if (request.kind === 'path') return `${request.method} /${request.segments.join('/')}`.slice(0, 120);
  const { verb, group, resource, subresource } = request;
  const within = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${group === '' ? within : `${within}.${group}`}`.slice(0, 120);
}
