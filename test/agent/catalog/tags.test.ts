import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeValue, splitValue } from '../../../main/agent/catalog/tag-codec.ts';
import { readTags } from '../../../main/agent/catalog/tags.ts';

const hostname = { 'k8s-tunnels-hostname': 'k8s.example.com' };

function problemOf(tags: Record<string, string>) {
  const { problems } = readTags(tags);
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe('readTags', () => {
  test('reads every field, from keys in any case, and leaves other tags alone', () => {
    const { fields, problems } = readTags({
      'K8S-Tunnels-Hostname': 'K8s.Example.com:8443',
      'k8s-tunnels-origin': 'TCP',
      'k8s-tunnels-destination': '10.0.0.1:6443',
      'k8s-tunnels-name': 'Paris, production',
      'k8s-tunnels-environment': 'production',
      'k8s-tunnels-group': 'shops',
      'k8s-tunnels-namespace': 'web',
      'k8s-tunnels-connector': 'builtin',
      'k8s-tunnels-entry': 'Connect',
      'k8s-tunnels-exec': 'V1beta1',
      'k8s-tunnels-server-name': 'API.internal.example.com',
      'k8s-tunnels-owner': 'Ada <ada@example.com>',
      'k8s-tunnels-description': 'Shops of Île-de-France',
      'k8s-tunnels-docs': 'https://wiki.example.com/paris?x=1',
      team: 'web',
      'k8s-other': '\u0000',
    });
    expect(problems).toEqual([]);
    expect(fields).toEqual({
      reach: {
        kind: 'tunnel',
        hostname: 'k8s.example.com:8443',
        origin: 'tcp',
        destination: '10.0.0.1:6443',
      },
      name: 'Paris, production',
      environment: 'production',
      group: 'shops',
      namespace: 'web',
      serverName: 'api.internal.example.com',
      connector: 'builtin',
      entryForm: 'connect',
      execApiVersion: 'v1beta1',
      owner: 'Ada <ada@example.com>',
      description: 'Shops of Île-de-France',
      docs: 'https://wiki.example.com/paris?x=1',
    });
  });

  test('reads GCP labels: encoded and continued', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
    const { fields, problems } = readTags({
      ...splitValue('k8s-tunnels-hostname', encodeValue(long)),
      'k8s-tunnels-docs': encodeValue('https://wiki.example.com/'),
    });
    expect(problems).toEqual([]);
    expect(fields.reach).toMatchObject({ hostname: long });
    expect(fields.docs).toBe('https://wiki.example.com/');
  });

  test('no hostname is no tunnel, and says what to tag', () => {
    const { fields, problems } = readTags({ team: 'data' });
    expect(problems).toEqual([]);
    expect(fields.reach).toEqual({ kind: 'none', reason: expect.stringContaining('k8s-tunnels-hostname') });
  });

  test.each([
    ['port 443 is the default', 'k8s.example.com:443', 'k8s.example.com'],
    ['spaces around do not count', ' k8s.example.com ', 'k8s.example.com'],
  ])('%s', (_, value, expected) => {
    expect(readTags({ 'k8s-tunnels-hostname': value }).fields.reach).toMatchObject({ hostname: expected });
  });

  test.each([
    'https://k8s.example.com',
    'k8s.example.com/path',
    'k8s.example.com:0',
    'k8s.example.com:65536',
    'k8s.example.com:',
    '10.0.0.1',
    '-k8s.example.com',
    'k8s..example.com',
    'k8s.example.com.',
    'user@k8s.example.com',
    'k8s example.com',
    `${'a'.repeat(64)}.example.com`,
    `${'a.'.repeat(127)}com`,
    'k8s.example.com\nX-Injected: 1',
    '',
  ])('the host name %j is refused: no tunnel, and the reason says which tag', (value) => {
    const { fields, problems } = readTags({ 'k8s-tunnels-hostname': value });
    expect(problems).toEqual([expect.objectContaining({ key: 'k8s-tunnels-hostname' })]);
    expect(fields.reach).toEqual({ kind: 'none', reason: expect.stringContaining('k8s-tunnels-hostname') });
  });

  test.each([
    ['k8s-tunnels-origin', 'carrier-pigeon', 'socks, tcp or https'],
    ['k8s-tunnels-origin', 'http', 'socks, tcp or https'],
    ['k8s-tunnels-destination', 'kubernetes', 'host:port'],
    ['k8s-tunnels-destination', 'kubernetes:http', 'host:port'],
    ['k8s-tunnels-destination', '[fe80::1]', 'host:port'],
  ])('%s %j takes the way to the cluster', (key, value, words) => {
    const { fields, problems } = readTags({ ...hostname, [key]: value });
    expect(problems).toEqual([expect.objectContaining({ key })]);
    expect(fields.reach).toEqual({ kind: 'none', reason: expect.stringContaining(words) });
  });

  test('origin https is a web application, at its hostname alone', () => {
    const { fields, problems } = readTags({
      ...hostname,
      'k8s-tunnels-origin': 'HTTPS',
      'k8s-tunnels-entry': 'tls',
    });
    expect(problems).toEqual([]);
    expect(fields.reach).toEqual({ kind: 'tunnel', hostname: 'k8s.example.com', origin: 'https' });
  });

  test.each([
    ['k8s-tunnels-destination', 'kubernetes.default.svc:443'],
    ['k8s-tunnels-connector', 'cloudflared'],
    ['k8s-tunnels-entry', 'socks5'],
  ])('origin https leaves %s without effect, which is a problem', (key, value) => {
    const { fields, problems } = readTags({ ...hostname, 'k8s-tunnels-origin': 'https', [key]: value });
    expect(problems).toEqual([
      expect.objectContaining({ key, message: expect.stringContaining('no effect') }),
    ]);
    expect(fields.reach).toEqual({ kind: 'tunnel', hostname: 'k8s.example.com', origin: 'https' });
  });

  test.each(['kubernetes.default.svc:443', '10.0.0.1:6443', '[fd00::1]:6443'])('destination %s', (value) => {
    expect(readTags({ ...hostname, 'k8s-tunnels-destination': value }).fields.reach).toMatchObject({
      destination: value,
    });
  });

  test.each([
    ['k8s-tunnels-namespace', 'Not_A_Label!'],
    ['k8s-tunnels-server-name', 'https://api'],
    ['k8s-tunnels-docs', 'javascript:alert(1)'],
    ['k8s-tunnels-docs', 'https://user:word@wiki.example.com'],
    ['k8s-tunnels-name', 'bell \u0007'],
    ['k8s-tunnels-name', 'right to left \u202e'],
    ['k8s-tunnels-owner', 'two\nlines'],
    ['k8s-tunnels-description', 'x'.repeat(2000)],
    ['k8s-tunnels-connector', 'ssh'],
    ['k8s-tunnels-entry', 'socks4'],
    ['k8s-tunnels-group', ''],
  ])('%s %j is a problem that leaves the tunnel alone', (key, value) => {
    const { fields, problems } = readTags({ ...hostname, [key]: value });
    expect(problems).toEqual([{ key, message: expect.stringContaining(key), hint: expect.any(String) }]);
    expect(fields).toEqual({ reach: { kind: 'tunnel', hostname: 'k8s.example.com', origin: 'socks' } });
  });

  test.each([
    ['k8s-tunnels-connector', 'Set it to auto, builtin, cloudflared or direct, or remove it.'],
    ['k8s-tunnels-entry', 'Set it to socks5, connect or tls, or remove it.'],
    ['k8s-tunnels-endpoint', 'Set it to private or public, or remove it.'],
  ])('%s: the hint has every word that it may have', (key, hint) => {
    expect(readTags({ ...hostname, [key]: 'none of them' }).problems).toMatchObject([{ key, hint }]);
  });

  test.each([{}, hostname])('a cluster that is reached directly needs no host name', (more) => {
    const { fields, problems } = readTags({ ...more, 'k8s-tunnels-connector': 'Direct' });
    expect(problems).toEqual([]);
    expect(fields).toEqual({ reach: { kind: 'direct' }, connector: 'direct' });
  });

  test('a password in a link is not repeated', () => {
    expect(
      JSON.stringify(readTags({ 'k8s-tunnels-docs': 'https://user:word@wiki.example.com' })),
    ).not.toContain('word');
  });

  test.each([
    ['k8s-tunnels-hostnme', 'hostname'],
    ['k8s-tunnels-servername', 'server-name'],
    ['K8s-Tunnels-Env', 'environment'],
    ['k8s-tunnels-hostname-1', 'hostname'],
  ])('%s: did you mean %s?', (key, meant) => {
    expect(problemOf({ ...hostname, [key]: 'x' })).toMatchObject({
      key,
      hint: `Did you mean k8s-tunnels-${meant}?`,
    });
  });

  test('a gap in a continued value', () => {
    expect(problemOf({ ...hostname, 'k8s-tunnels-hostname-3': 'x' })).toMatchObject({
      key: 'k8s-tunnels-hostname-3',
      message: expect.stringContaining('k8s-tunnels-hostname-2'),
    });
    expect(problemOf({ ...hostname, 'k8s-tunnels-name-2': 'x' })?.message).toContain(
      'k8s-tunnels-name is missing',
    );
  });

  test('one key in two spellings: the lower-case one counts, in whatever order they come', () => {
    for (const tags of [
      { ...hostname, 'K8s-Tunnels-Hostname': 'other.example.com' },
      { 'K8s-Tunnels-Hostname': 'other.example.com', ...hostname },
    ]) {
      expect(problemOf(tags)).toMatchObject({ key: 'K8s-Tunnels-Hostname' });
      expect(readTags(tags).fields.reach).toMatchObject({ hostname: 'k8s.example.com' });
    }
  });

  test('never throws', () => {
    const key = fc.oneof(
      fc.string(),
      fc
        .constantFrom('hostname', 'origin', 'destination', 'docs', 'name-2', 'name-3', '')
        .map((field) => `k8s-tunnels-${field}`),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ unit: 'binary' })), (tags) => {
        expect(['tunnel', 'none']).toContain(readTags(tags).fields.reach.kind);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an organisation's prefix", () => {
  test('counts in place of the default one, in any case, and stands in what is said', () => {
    const { fields, problems } = readTags(
      {
        'Acme-Hostname': 'k8s.example.com',
        'acme-hostnme': 'x',
        'acme-origin': 'pigeon',
        'k8s-tunnels-hostname': 'other.example.com',
        'k8s-tunnels-origin': 'pigeon',
      },
      'acme-',
    );
    expect(fields.reach).toMatchObject({
      kind: 'none',
      reason: expect.stringMatching(/^acme-origin is "pigeon"/),
    });
    expect(problems.map(({ key, hint }) => [key, hint])).toEqual([
      ['acme-hostnme', 'Did you mean acme-hostname?'],
      ['acme-origin', expect.any(String)],
    ]);
    expect(readTags({}, 'acme-').fields.reach).toMatchObject({
      reason: expect.stringContaining('It has no tag acme-hostname.'),
    });
  });
});
