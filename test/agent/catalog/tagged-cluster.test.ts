import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lintTags } from '../../../main/agent/catalog/lint-tags.ts';
import { tagFields } from '../../../main/agent/catalog/tag-checks.ts';
import { taggedCluster } from '../../../main/agent/catalog/tagged-cluster.ts';
import { sources } from '../../../main/model/sources.ts';

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Everything that is shown of a cluster; where it is at its source stays as it is there. */
const shown = ({ account: _, region: __, credential: ___, ...cluster }: ReturnType<typeof taggedCluster>) =>
  Object.entries(cluster).flatMap(([, value]) => texts(value));

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...texts(one)]);
}

const odd = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('a\u001b[2Jb', '\u202e', 'x\u2028y'),
);
const reading = fc.record({
  source: fc.constantFrom(...sources),
  account: odd,
  region: odd,
  name: odd,
  server: odd,
  serverName: odd,
  version: odd,
  status: odd,
  unreachable: fc.option(odd, { nil: undefined }),
  problems: fc.array(fc.record({ key: odd, message: odd, hint: odd }), { maxLength: 2 }),
  tags: fc.dictionary(
    fc.oneof(fc.constantFrom(...tagFields), odd).map((field) => `k8s-tunnels-${field}`),
    odd,
    { maxKeys: 5 },
  ),
});

test('no text of a cluster holds a control or format character, whatever its source has', () => {
  fc.assert(
    fc.property(reading, (one) => {
      const cluster = taggedCluster({ ...one, seenAt: 0 });
      for (const text of shown(cluster)) expect(text).not.toMatch(unseen);
      expect(cluster.title).not.toBe('');
    }),
    { numRuns: 500 },
  );
});

test('a name that holds some is flagged, and a tag that holds some is refused and flagged, with what to do', () => {
  const cluster = taggedCluster({
    source: 'file',
    account: '/clusters.yaml',
    region: '/',
    name: 'depot\u001b[2J-berlin',
    server: 'https://one',
    tags: {
      'k8s-tunnels-hostname': 'one.k8s.acme.example',
      'k8s-tunnels-name': '\u202eprod',
      'k8s-tunnels-owner': 'Ada\u0007',
      'k8s-tunnels-namespace': 'web; touch P',
    },
    seenAt: 0,
  });
  expect([cluster.name, cluster.title, cluster.owner, cluster.namespace]).toEqual([
    'depot-berlin',
    'depot-berlin',
    undefined,
    undefined,
  ]);
  expect(cluster.id).toBe('file/%2Fclusters.yaml/%2F/depot%1B%5B2J-berlin');
  // As the command line gets it: without the characters, with the findings.
  const findings = lintTags([JSON.parse(JSON.stringify(cluster))]);
  expect(findings.map(({ kind, message }) => [kind, message.split(' ')[0]])).toEqual([
    ['tag-problem', 'k8s-tunnels-owner'],
    ['tag-problem', 'k8s-tunnels-namespace'],
    ['tag-problem', 'k8s-tunnels-name'],
    ['source-problem', 'Its'],
  ]);
  expect(findings.every(({ hint }) => hint !== '')).toBe(true);
});

test('a title of mixed scripts is an error of lint-tags, with the command that renames it', () => {
  const [finding] = lintTags([
    taggedCluster({
      source: 'eks',
      account: '111122223333',
      region: 'eu-west-1',
      name: 'payments',
      server: 'https://one',
      tags: { 'k8s-tunnels-hostname': 'one.k8s.acme.example', 'k8s-tunnels-name': 'раyments' },
      seenAt: 0,
    }),
  ]);
  expect(finding).toMatchObject({
    severity: 'error',
    kind: 'title-mixed-scripts',
    message: expect.stringContaining('р, а are Cyrillic'),
    commands: [expect.stringContaining("--tags 'k8s-tunnels-name=<NAME>'")],
  });
});
