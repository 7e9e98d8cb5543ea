import type { AuditRequest } from '../../model/audit-entry.ts';
import { redact } from '../../redaction/redact.ts';
import { readApiRequest } from '../api-proxy/read-only/api-request.ts';

/** Resources whose names were secrets in some versions of OpenShift. */
const secretNames = new Set([
  'oauthaccesstokens',
  'oauthauthorizetokens',
  'useroauthaccesstokens',
  'oauthaccesstokenreviews',
]);
/** Paths of discovery, which say what is looked for. Of others, the first part is enough. */
const discovery = new Set(['api', 'apis', 'openapi']);
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** As long as a name can be in Kubernetes. */
const mostCharacters = 253;
/** User-Agents whose client is remembered. Clients have one each. */
const mostClients = 64;

/** Returns what an audit entry says of a request: no query, nothing behind a subresource, and no secret. */
export function requestOf(
  method: string,
  target: string,
): Pick<AuditRequest, 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name' | 'path'> {
  const request = readApiRequest(method, target);
  const verb = methods.has(method) ? method.toLowerCase() : 'unknown';
  if (request.kind === 'ambiguous') return { verb };
  if (request.kind === 'path') {
    const [first = ''] = request.segments;
    const shown = request.segments.slice(0, discovery.has(first) ? 3 : 1);
    return { verb, path: bounded(`/${shown.join('/')}`) };
  }
  const { group, resource, subresource, namespace, name } = request;
  return {
    verb: request.verb,
    ...given('group', group),
    ...given('resource', resource),
    ...given('subresource', subresource),
    ...given('namespace', namespace),
    ...given('name', secretNames.has(resource.toLowerCase()) ? undefined : name),
  };
}

function given<K extends string>(key: K, value: string | undefined): { readonly [N in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: bounded(value) } as { [N in K]: string });
}

/** Names in Kubernetes are in lower case, with few exceptions: only those are searched for secrets. */
function bounded(text: string): string {
  const short = text.length > mostCharacters ? text.slice(0, mostCharacters) : text;
  return /^[a-z0-9./:-]*$/.test(short) ? short : redact(short);
}

const clients = new Map<string, string | undefined>();

/** Returns the name and the version of a client: the first word of its User-Agent. */
export function clientOf(userAgent: string | undefined): string | undefined {
  if (userAgent === undefined) return undefined;
  const key = userAgent.slice(0, mostCharacters);
  if (clients.has(key)) return clients.get(key);
  const [word] = /^[\w.+-]{1,40}(?:\/[\w.+-]{1,40})?/.exec(key) ?? [];
  const client = word === undefined ? undefined : redact(word);
  if (clients.size >= mostClients) clients.clear();
  clients.set(key, client);
  return client;
}
