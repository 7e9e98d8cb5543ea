import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../../main/agent/api-proxy/headers.ts';
import { readOnlyVerdict } from '../../../../main/agent/api-proxy/read-only/rules.ts';
import type { ReadOnly } from '../../../../main/model/read-only.ts';

interface Sent {
  readonly fields?: Fields;
  readonly body?: string;
  readonly upgrade?: string;
  readonly limits?: ReadOnly;
}

const verdict = (method: string, path: string, { fields = [], body, upgrade, limits = {} }: Sent = {}) =>
  readOnlyVerdict(
    { method, path, fields, body: body === undefined ? undefined : Readable.from([body]), upgrade },
    limits,
  );
const kind = (...given: Parameters<typeof verdict>) => verdict(...given).kind;
const message = (...given: Parameters<typeof verdict>) => {
  const found = verdict(...given);
  return found.kind === 'refused'
    ? (JSON.parse(found.status.body) as { message: string }).message
    : found.kind;
};

describe('is allowed', () => {
  it.each([
    '/',
    '/api',
    '/api/',
    '/api/v1',
    '/apis',
    '/apis/apps/v1',
    '/openapi/v2',
    '/openapi/v3/apis/apps/v1',
    '/version',
    '/healthz/etcd',
    '/livez?verbose',
    '/readyz',
    '/api/v1/pods?limit=500',
    '/api/v1/namespaces/web/pods/a',
    '/api/v1/namespaces/web',
    '/api/v1/namespaces/web/status',
    '/api/v1/namespaces/web/pods?watch=true&resourceVersion=1',
    '/api/v1/watch/namespaces/web/pods',
    '/api/v1/namespaces/web/pods/a/log?follow=true',
    '/apis/apps/v1/namespaces/web/deployments/a/scale',
    '/apis/apps/v1/namespaces/web/deployments/a/status',
    '/apis/metrics.k8s.io/v1beta1/nodes',
    '/apis/custom.metrics.k8s.io/v1beta1/namespaces/web/pods/*/requests',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    '/apis/example.com/v1/namespaces/web/certificates/a',
  ])('GET %s', (path) => {
    expect(kind('GET', path)).toBe('allowed');
    expect(kind('HEAD', path)).toBe('allowed');
  });

  it.each([
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews?timeout=5s',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  ])('POST %s', (path) => {
    expect(kind('POST', path, { body: '{}' })).toBe('allowed');
  });
});

describe('is refused', () => {
  it.each([
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'PROPFIND',
    'get',
    'GET ',
    'QUERY',
    '',
  ])('%j of pods', (method) => {
    for (const path of ['/api/v1/namespaces/web/pods', '/api/v1/namespaces/web/pods/a', '/version', '/'])
      expect(kind(method, path), path).toBe('refused');
  });

  it.each([
    ['exec', '/api/v1/namespaces/web/pods/a/exec?command=sh'],
    ['attach', '/api/v1/namespaces/web/pods/a/attach'],
    ['port-forward', '/api/v1/namespaces/web/pods/a/portforward?ports=80'],
    ['proxy of a pod', '/api/v1/namespaces/web/pods/a:80/proxy/'],
    ['proxy of a pod, with a path', '/api/v1/namespaces/web/pods/a/proxy/metrics'],
    ['proxy of a service', '/api/v1/namespaces/web/services/https:a:443/proxy'],
    ['proxy of a node', '/api/v1/nodes/a/proxy/run/web/a/c?cmd=id'],
    ['the old proxy of a node', '/api/v1/proxy/nodes/a/logs'],
    ['the old proxy of a pod', '/api/v1/proxy/namespaces/web/pods/a'],
    ['the old redirect', '/api/v1/redirect/namespaces/web/pods/a'],
    ['an unknown subresource', '/apis/example.com/v1/namespaces/web/machines/a/console'],
    [
      'a console of KubeVirt',
      '/apis/subresources.kubevirt.io/v1/namespaces/web/virtualmachineinstances/a/vnc',
    ],
    ['an act of KubeVirt by GET', '/apis/subresources.kubevirt.io/v1/start-cluster-profiler'],
    ['what follows a subresource', '/api/v1/namespaces/web/pods/a/log/more'],
    ["the node's files", '/logs/'],
    ['profiles', '/debug/pprof/heap'],
    ['metrics of the API server', '/metrics'],
    ['another path', '/k8s/clusters/c-1'],
  ])('GET: %s', (_, path) => {
    expect(kind('GET', path)).toBe('refused');
  });

  it.each([
    ['a token', '/api/v1/namespaces/web/serviceaccounts/a/token'],
    ['an eviction', '/api/v1/namespaces/web/pods/a/eviction'],
    ['a binding', '/api/v1/namespaces/web/pods/a/binding'],
    ['a review of somebody else', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['a review of a token', '/apis/authentication.k8s.io/v1/tokenreviews'],
    ['a review in another group', '/apis/authorization.example.com/v1/selfsubjectaccessreviews'],
    ['a review in a namespace', '/apis/authorization.k8s.io/v1/namespaces/web/selfsubjectaccessreviews'],
    ['a review with a name', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/a'],
    ['a review with a subresource', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/a/status'],
    ['a review with a slash at the end', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/'],
    ['a review with two slashes', '/apis/authorization.k8s.io//v1/selfsubjectaccessreviews'],
    ['a review behind a query', '/api/v1/namespaces?/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
    ['a review in other letters', '/apis/authorization.k8s.io/v1/SelfSubjectAccessReviews'],
  ])('POST: %s', (_, path) => {
    expect(kind('POST', path, { limits: { secrets: true } })).toBe('refused');
  });

  it.each([
    '/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval',
    '/apis/apps/v1/namespaces/web/deployments/a/scale',
    '/api/v1/namespaces/web/finalize',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  ])('PUT, PATCH and DELETE of %s', (path) => {
    for (const method of ['PUT', 'PATCH', 'DELETE']) expect(kind(method, path), method).toBe('refused');
  });

  it.each([
    '/api/v1/namespaces/web/pods/a/../../secrets/b',
    '/api/v1/./pods',
    '/api/v1/namespaces/web/%2e%2e/secrets',
    '/api/v1/namespaces/web%2fpods/a',
    '/api/v1/namespaces/web/pods%2Fa%2Fexec',
    '/api/v1/namespaces/web/pods/a%252fexec',
    '/api//v1/pods',
    '//api/v1/pods',
    '/api/v1/pods//',
    '/api/v1\\pods',
    '/api/v1/pods%5ca',
    '/api/v1/pods%00',
    '/api/v1/pods%0d%0aX: y',
    '/api/v1/pods%zz',
    '/api/v1/pods%c0%ae',
    '/api/v1/pods/a%20b',
    '/api/v1/pods/a;b',
    '/api/v1/pods#/a',
    '/api/v1/pods%3fwatch=1',
    '/apis/authorization.k8s.\u0456o/v1/selfsubjectaccessreviews',
    'api/v1/pods',
    'https://other.example/api/v1/pods',
    '*',
    '',
  ])('a path that can be read in two ways: %j', (path) => {
    expect(message('GET', path)).toContain('not in its plain form');
    expect(kind('POST', path)).toBe('refused');
  });

  it.each([
    'Impersonate-User',
    'impersonate-group',
    'Impersonate-Extra-Scopes',
    'Impersonate-Uid',
    'Impersonate_User',
    'X-Remote-User',
    'X-Remote-Group',
    'X-Remote-Extra-a',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
  ])('the header %s', (name) => {
    expect(message('GET', '/api/v1/pods', { fields: [[name, 'admin']] })).toContain(name);
  });

  it('an upgrade, and a request that offers one', () => {
    const path = '/api/v1/namespaces/web/pods?watch=1';
    expect(kind('GET', path, { upgrade: 'websocket' })).toBe('refused');
    expect(kind('GET', path, { upgrade: '' })).toBe('refused');
    expect(kind('GET', path, { fields: [['upgrade', 'SPDY/3.1']] })).toBe('refused');
    expect(kind('GET', path, { fields: [['Upgrade', '']] })).toBe('refused');
  });

  it('a watch by WebSocket with a code after which fabric8 watches by a plain GET', () => {
    const codeOf = (path: string) => {
      const found = verdict('GET', path, { upgrade: 'websocket' });
      return found.kind === 'refused' ? found.status.code : found.kind;
    };
    expect(codeOf('/api/v1/namespaces/web/pods?watch=true')).toBe(503);
    expect(codeOf('/api/v1/namespaces/web/pods/a/exec?watch=true')).toBe(403);
    expect(codeOf('/api/v1/namespaces/web/pods/a/exec?command=sh')).toBe(403);
    expect(codeOf('/api/v1/namespaces/web/pods')).toBe(403);
  });

  it('a GET with a body', () => {
    expect(kind('GET', '/api/v1/namespaces', { body: '{"kind":"Namespace"}' })).toBe('refused');
  });

  it('with the verb, the resource and the cure in its message', () => {
    expect(message('DELETE', '/apis/apps/v1/namespaces/web/deployments/a')).toBe(
      'k8s-tunnels: this kubeconfig is read-only: delete deployments.apps is not allowed. ' +
        'Use a context of your own for this, or ask the person who created this kubeconfig.',
    );
    expect(message('POST', '/api/v1/namespaces/web/pods/a/exec')).toContain(
      'create pods/exec is not allowed',
    );
    expect(message('DELETE', '/api/v1/namespaces/web/pods')).toContain(
      'deletecollection pods is not allowed',
    );
  });
});

describe('Secrets', () => {
  const table =
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io';
  const asked = (path: string, accept: string, limits: ReadOnly = {}) =>
    verdict('GET', path, { fields: [['Accept', accept]], limits });

  it.each(['/api/v1/secrets', '/api/v1/namespaces/web/secrets', '/api/v1/namespaces/web/secrets/a'])(
    'are listed by their metadata alone: %s',
    (path) => {
      expect(asked(path, `${table},application/json`)).toEqual({
        kind: 'metadata',
        accept: table,
        isWatch: false,
      });
    },
  );

  it('are watched by their metadata alone', () => {
    const whole = { kind: 'metadata', accept: table, isWatch: true };
    expect(asked('/api/v1/secrets?watch=1', table)).toEqual(whole);
    expect(asked('/api/v1/watch/namespaces/web/secrets', table)).toEqual(whole);
  });

  it.each([
    'application/json',
    '*/*',
    '',
    'application/yaml;as=Table;g=meta.k8s.io',
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    'application/json;as=Secret;g=meta.k8s.io',
    'application/json;as=Table;g=example.com',
  ])('are not read as %j', (accept) => {
    expect(asked('/api/v1/namespaces/web/secrets/a', accept).kind).toBe('refused');
    expect(message('GET', '/api/v1/secrets', { fields: [['Accept', accept]] })).toContain('--allow-secrets');
  });

  it('are not read in other letters, in another group, or by a subresource', () => {
    for (const path of [
      '/api/v1/SECRETS',
      '/apis/example.com/v1/secrets',
      '/api/v1/namespaces/web/secrets/a/status',
    ])
      expect(kind('GET', path), path).toBe('refused');
  });

  it('are read with --allow-secrets, and not written', () => {
    const limits: ReadOnly = { secrets: true };
    expect(kind('GET', '/api/v1/namespaces/web/secrets/a', { limits })).toBe('allowed');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect(kind(method, '/api/v1/namespaces/web/secrets', { limits })).toBe('refused');
  });
});

describe('dry runs', () => {
  const limits: ReadOnly = { dryRun: true };
  const tried = (method: string, path: string, more: ReadOnly = limits) =>
    kind(method, path, { limits: more });

  it('are refused unless they are allowed', () => {
    expect(tried('POST', '/api/v1/namespaces/web/pods?dryRun=All', {})).toBe('refused');
    expect(tried('POST', '/api/v1/namespaces/web/pods?dryRun=All')).toBe('allowed');
    expect(tried('PATCH', '/apis/apps/v1/namespaces/web/deployments/a?dryRun=All&fieldManager=a')).toBe(
      'allowed',
    );
    expect(tried('PUT', '/apis/apps/v1/namespaces/web/deployments/a?dryRun=All')).toBe('allowed');
  });

  it.each([
    '',
    '?dryRun=all',
    '?dryRun=',
    '?dryRun=All&dryRun=None',
    '?dryRun=All&dryRun=All',
    '?dryRun=%20All',
    '?dryrun=All',
    '?dryRun=All%00',
    '?fieldManager=?dryRun=All',
  ])('with a query that could mean something else are refused: %j', (query) => {
    expect(tried('POST', `/api/v1/namespaces/web/pods${query}`)).toBe('refused');
  });

  it.each([
    // Its options are read from the body.
    ['DELETE', '/api/v1/namespaces/web/pods/a?dryRun=All'],
    ['DELETE', '/api/v1/namespaces/web/pods?dryRun=All'],
    // May not honour it.
    ['POST', '/apis/example.com/v1/namespaces/web/certificates?dryRun=All'],
    ['POST', '/api/v1/namespaces/web/pods/a/exec?dryRun=All'],
    ['POST', '/api/v1/namespaces/web/pods/a/eviction?dryRun=All'],
    ['POST', '/api/v1/namespaces/web/serviceaccounts/a/token?dryRun=All'],
    ['POST', '/api/v1/namespaces/web/bindings?dryRun=All'],
    // Answers with the data.
    ['PATCH', '/api/v1/namespaces/web/secrets/a?dryRun=All'],
    ['POST', '/version?dryRun=All'],
  ])('%s %s is refused', (method, path) => {
    expect(tried(method, path)).toBe('refused');
  });

  it('of Secrets are passed on where both are allowed', () => {
    expect(
      tried('PATCH', '/api/v1/namespaces/web/secrets/a?dryRun=All', { dryRun: true, secrets: true }),
    ).toBe('allowed');
  });
});
