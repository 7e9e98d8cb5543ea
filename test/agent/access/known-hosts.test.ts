import { expect, test } from 'vitest';
import { canBeAtEdge, isBeside } from '../../../main/agent/access/known-hosts.ts';

test.each(['', ':443', ':2053', ':2083', ':2087', ':2096', ':8443'])(
  'a host at port "%s" can be at the edge, which serves https there',
  (port) => expect(canBeAtEdge(`prod.k8s.acme.example${port}`)).toBe(true),
);

test.each([
  'prod.k8s.acme.example:6443',
  'prod.k8s.acme.example:80',
  'prod',
  '10.0.0.7',
  '10.0.0.7:443',
  'localhost',
  'metadata.google.internal',
  'printer.local',
  'nas.lan',
  'router.home.arpa',
  'app.localhost',
])('%s is never asked, since it cannot be at the edge', (host) => expect(canBeAtEdge(host)).toBe(false));

test.each([
  ['next.k8s.acme.example', 'prod.k8s.acme.example', true],
  ['next.k8s.acme.example:443', '*.k8s.acme.example/path', true],
  ['acme.example', 'prod.acme.example', false],
  ['evil.example', 'prod.acme.example', false],
  ['evilacme.example', 'prod.acme.example', false],
  ['other.workers.dev', 'acme.workers.dev', false],
  ['other.co.uk', 'acme.co.uk', false],
  ['other.example', 'acme.example', false],
])('%s beside %s: %s', (host, known, expected) => expect(isBeside(host, [known])).toBe(expected));
