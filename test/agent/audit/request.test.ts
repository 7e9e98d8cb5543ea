import { describe, expect, it } from 'vitest';
import { clientOf, requestOf } from '../../../main/agent/audit/request.ts';

describe('a request is recorded as', () => {
  it.each([
    ['GET', '/api/v1/pods?limit=500', { verb: 'list', resource: 'pods' }],
    [
      'GET',
      '/api/v1/namespaces/web/pods/a/log?container=x&tailLines=1',
      { verb: 'get', resource: 'pods', subresource: 'log', namespace: 'web', name: 'a' },
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/web/deployments/a',
      { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'web', name: 'a' },
    ],
    ['GET', '/api/v1/nodes?watch=1', { verb: 'watch', resource: 'nodes' }],
    [
      'DELETE',
      '/api/v1/namespaces/web/pods',
      { verb: 'deletecollection', resource: 'pods', namespace: 'web' },
    ],
    ['GET', '/version', { verb: 'get', path: '/version' }],
    ['GET', '/apis/apps/v1', { verb: 'get', path: '/apis/apps/v1' }],
    ['POST', '/anything/else/here?a=b', { verb: 'post', path: '/anything' }],
    ['GET', '/api/v1/../secrets', { verb: 'get' }],
    ['PURGE', '/version', { verb: 'unknown', path: '/version' }],
  ])('%s %s', (method, path, expected) => {
    expect(requestOf(method, path)).toEqual(expected);
  });

  it('no more than names it: neither its query nor what follows a subresource', () => {
    const exec = requestOf(
      'POST',
      '/api/v1/namespaces/web/pods/a/exec?command=echo&command=hunter2&stdin=true',
    );
    expect(exec).toEqual({
      verb: 'create',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'web',
      name: 'a',
    });
    const proxied = requestOf('GET', '/api/v1/namespaces/web/services/a/proxy/reset/hunter2?token=hunter2');
    expect(JSON.stringify(proxied)).not.toContain('hunter2');
  });

  it('nothing that has the form of a secret', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl';
    expect(JSON.stringify(requestOf('GET', `/api/v1/namespaces/${token}/pods/${token}`))).not.toContain(
      token,
    );
    const named = requestOf('GET', '/apis/oauth.openshift.io/v1/oauthaccesstokens/abcdef0123456789');
    expect(named).toEqual({ verb: 'get', group: 'oauth.openshift.io', resource: 'oauthaccesstokens' });
  });

  it('a name of no more characters than Kubernetes allows', () => {
    expect(requestOf('GET', `/api/v1/nodes/${'a'.repeat(5_000)}`).name).toHaveLength(253);
  });
});

describe('a client is', () => {
  it.each([
    ['kubectl/v1.33.2 (linux/amd64) kubernetes/abc', 'kubectl/v1.33.2'],
    ['k9s', 'k9s'],
    ['OpenAPI-Generator/33.1.0/python', 'OpenAPI-Generator/33.1.0'],
    [`${'a'.repeat(500)}`, 'a'.repeat(40)],
    ['\u001b[31mred', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j: %j', (userAgent, client) => {
    expect(clientOf(userAgent)).toBe(client);
    expect(clientOf(userAgent)).toBe(client);
  });

  it('without a secret that was put there', () => {
    const token = 'hvs.CAESIJ1234567890abcdefghijklmnop';
    expect(clientOf(`${token} x`)).not.toContain(token);
  });
});
