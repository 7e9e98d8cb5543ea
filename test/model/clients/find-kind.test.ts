import { expect, test } from 'vitest';
import { findKind, isClient, limitText, neededForm } from '../../../main/model/clients/find-kind.ts';
import { clientKinds } from '../../../main/model/clients/table.ts';

test.each([
  ['program', 'kubectl', 'v1.34.1-eks-113cf36', 'kubectl', 'socks5'],
  ['program', 'kubectl', '1.24', 'kubectl', 'socks5'],
  ['program', 'kubectl', '1.23.17', 'kubectl-1.23', 'connect'],
  ['program', 'kubectl', '1.20.15', 'kubectl-1.20', 'tls'],
  ['program', 'kubectl', undefined, 'kubectl', 'socks5'],
  ['program', 'ansible', '2.15.3', 'ansible', 'tls'],
  ['galaxy', 'kubernetes.core', '6.2.0', 'ansible', 'tls'],
  ['galaxy', 'kubernetes.core', undefined, 'ansible', 'tls'],
  ['pypi', 'kubernetes', '36.0.0', 'python-28', 'tls'],
  ['pypi', 'kubernetes', '37.0.0', 'python-37', 'tls'],
  ['pypi', 'kubernetes', undefined, 'python-37', 'tls'],
  ['npm', '@kubernetes/client-node', '0.22.3', 'client-node-0', 'tls'],
  ['npm', '@kubernetes/client-node', '1.4.0', 'client-node', 'connect'],
  ['maven', 'io.fabric8:kubernetes-httpclient-vertx', '7.4.0', 'fabric8-vertx', 'socks5'],
  ['crates', 'kube', '3.1.0', 'kube-rs-3', 'tls'],
  ['go', 'k8s.io/client-go', '0.34.3', 'client-go', 'socks5'],
] as const)('%s %s %s is %s, and needs %s', (registry, name, version, id, form) => {
  const kind = findKind({ registry, name, version });
  expect(kind?.id).toBe(id);
  expect(kind && neededForm(kind)).toBe(form);
});

test.each([
  ['pypi', 'kubernetes', '12.0.1'],
  ['npm', '@kubernetes/client-node', '1.0.0'],
  ['galaxy', 'kubernetes.core', '1.2.0'],
] as const)('%s %s %s was not tested', (registry, name, version) => {
  expect(isClient({ registry, name })).toBe(true);
  expect(findKind({ registry, name, version })).toBeUndefined();
});

test('a package of another registry or name is no client', () => {
  expect(isClient({ registry: 'npm', name: 'kubernetes' })).toBe(false);
  expect(findKind({ registry: 'pypi', name: 'requests', version: '2' })).toBeUndefined();
});

test.each(clientKinds.map((kind) => [kind.id, kind] as const))(
  '%s is found by its first version, and is served whole by the form that it needs',
  (_, kind) => {
    for (const { registry, name, from = kind.from ?? '1.0' } of kind.packages)
      expect(findKind({ registry, name, version: from })).toBe(kind);
    expect(limitText(kind.forms[neededForm(kind)])).toBeUndefined();
  },
);

test('a limit says why, and for which operations', () => {
  const of = (id: string) => clientKinds.find((kind) => kind.id === id)?.forms.socks5;
  expect(limitText(of('kubectl-1.23') ?? { status: 'all' })).toBe(
    'opens TLS to the SOCKS proxy itself (exec, port-forward)',
  );
  expect(limitText(of('client-node') ?? { status: 'all' })).toMatch(/^connects to the proxy .*, or resolves/);
});
