import { type Exchange, sendJson, sendText } from './exchange.ts';
import { type ResourceType, resourceTypes } from './resource-types.ts';

const groups = [...new Set(resourceTypes.map(({ group }) => group))];
const typesOf = (group: string) => resourceTypes.filter((type) => type.group === group);

/** Answers `/api`, `/apis` and what is below them, in the aggregated form where the Accept header asks for it. */
export function answerDiscovery(exchange: Exchange, path: string, address: string) {
  const [, root, group, version] = path.split('/');
  exchange.response.setHeader('vary', 'Accept');
  const aggregated = /g=apidiscovery\.k8s\.io;v=(v2beta1|v2)\b/.exec(exchange.request.headers.accept ?? '');
  if (path === '/api' || path === '/apis') {
    if (aggregated?.[1])
      return sendAggregated(exchange, root === 'api' ? [''] : groups.slice(1), aggregated[1]);
    return sendJson(exchange, 200, root === 'api' ? legacyVersions(address) : groupList());
  }
  const named = root === 'api' ? '' : (group ?? '');
  if (!groups.includes(named) || (version ?? 'v1') !== 'v1') {
    return sendText(exchange, 404, '404 page not found\n');
  }
  if (root === 'apis' && version === undefined) {
    return sendJson(exchange, 200, { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(named) });
  }
  return sendJson(exchange, 200, resourceList(named));
}

const legacyVersions = (address: string) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

const groupList = () => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups.slice(1).map(describeGroup),
});

function describeGroup(name: string) {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

const names = ({ shortNames, categories }: ResourceType) => ({
  ...(shortNames.length > 0 ? { shortNames } : {}),
  ...(categories.length > 0 ? { categories } : {}),
});

const resourceList = (group: string) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: group ? `${group}/v1` : 'v1',
  resources: typesOf(group).flatMap((type) => [
    {
      name: type.resource,
      singularName: type.singular,
      namespaced: type.namespaced,
      kind: type.kind,
      verbs: type.verbs,
      ...names(type),
    },
    ...type.subresources.map((subresource) => ({
      name: `${type.resource}/${subresource.name}`,
      singularName: '',
      namespaced: type.namespaced,
      ...(subresource.group === undefined ? {} : { group: subresource.group, version: 'v1' }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    })),
  ]),
});

function sendAggregated(exchange: Exchange, listed: readonly string[], version: string) {
  const items = listed.map((group) => ({
    metadata: { ...(group ? { name: group } : {}), creationTimestamp: null },
    versions: [{ version: 'v1', resources: typesOf(group).map(aggregatedResource), freshness: 'Current' }],
  }));
  sendJson(
    exchange,
    200,
    { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items },
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
  );
}

function aggregatedResource(type: ResourceType) {
  const responseKind = (kind: string, group = type.group) => ({ group, version: type.version, kind });
  return {
    resource: type.resource,
    responseKind: responseKind(type.kind),
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...names(type),
    ...(type.subresources.length > 0
      ? {
          subresources: type.subresources.map(({ name, kind, group, verbs }) => ({
            subresource: name,
            responseKind: responseKind(kind, group),
            verbs,
          })),
        }
      : {}),
  };
}

/**
 * Answers `/openapi/v3`. The documents hold no schemas: kubectl looks there for whether the server itself validates
 * fields, and then leaves the validation to the server. `/openapi/v2` is not served.
 */
export function answerOpenApi(exchange: Exchange, path: string) {
  const roots = Object.fromEntries(
    groups.map((group) => [group ? `apis/${group}/v1` : 'api/v1', typesOf(group)] as const),
  );
  if (path === '/openapi/v3') {
    const paths = Object.keys(roots).map((root) => [
      root,
      { serverRelativeURL: `/openapi/v3/${root}?hash=0` },
    ]);
    return sendJson(exchange, 200, { paths: Object.fromEntries(paths) });
  }
  const root = path.slice('/openapi/v3/'.length);
  const types = roots[root];
  if (!types) return sendText(exchange, 404, '404 page not found\n');
  const paths = types
    .filter((type) => type.verbs.includes('patch'))
    .map((type) => [
      `/${root}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.resource}/{name}`,
      { patch: patchOperation(type) },
    ]);
  return sendJson(exchange, 200, {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1' },
    paths: Object.fromEntries(paths),
  });
}

const patchOperation = (type: ResourceType) => ({
  parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  })),
  responses: { 200: { description: 'OK' } },
  'x-kubernetes-action': 'patch',
  'x-kubernetes-group-version-kind': { group: type.group, version: type.version, kind: type.kind },
});
