import { expect, test } from 'vitest';
import { parseSetupLink } from '../../main/agent/organisation/source.ts';
import { clustersMeant, linkAmong, linkOf, meantBy, parseLink, setLinkOf } from '../../main/api/link.ts';
import { clusterId } from '../../main/model/cluster.ts';
import { aCluster } from '../renderer/shown.ts';

const connect = (query: string) => `k8s-tunnels://connect?${query}`;
const refusal = (text: string) => expect(() => parseLink(text));
const badInput = expect.objectContaining({ code: 'bad-input' });

test('names clusters by id or title, each once', () => {
  const id = clusterId('aks', 'a b', 'west', 'group/ü+#?&=%');
  expect(parseLink(linkOf([id, id]))).toEqual({ kind: 'clusters', words: [id] });
  expect(parseLink(connect('cluster=orders&cluster=two%20words&cluster=r%C3%A9seau'))).toEqual({
    kind: 'clusters',
    words: ['orders', 'two words', 'réseau'],
  });
  expect(parseLink('K8S-TUNNELS://connect/?cluster=orders')).toMatchObject({ words: ['orders'] });
});

test('names tags, escaped or not', () => {
  const pairs = [
    { field: 'environment', value: 'staging' },
    { field: 'owner', value: 'a=b' },
  ];
  expect(parseLink(connect('tags=environment=staging,owner=a=b'))).toEqual({ kind: 'tags', pairs });
  expect(parseLink(connect('tags=environment%3Dstaging%2Cowner%3Da%3Db'))).toEqual({ kind: 'tags', pairs });
});

test('proposes a set, by ids or by tags', () => {
  const id = clusterId('eks', '1', 'eu', 'orders');
  const set = { name: 'on call: EU & more', clusters: [id] };
  expect(parseLink(setLinkOf(set))).toEqual({
    kind: 'set',
    name: set.name,
    of: { kind: 'clusters', words: [id] },
  });
  expect(parseLink('k8s-tunnels://set?tags=group=core&name=%20Core%20')).toEqual({
    kind: 'set',
    name: 'Core',
    of: { kind: 'tags', pairs: [{ field: 'group', value: 'core' }] },
  });
});

test.each([
  ['no name', 'cluster=a', /does not name its set/],
  ['an empty name', 'name=%20&cluster=a', /does not name its set/],
  ['two names', 'name=a&name=b&cluster=a', /name more than once/],
  ['a name of 61 characters', `name=${'n'.repeat(61)}&cluster=a`, /longer than 60/],
  ['a name that is turned around', 'name=a%E2%80%AEb&cluster=a', /cannot be seen/],
  ['no clusters', 'name=a', /names no cluster/],
  ['more', 'name=a&cluster=a&open=1', /besides name, cluster and tags/],
])('refuses a set with %s', (_, query, message) => {
  refusal(`k8s-tunnels://set?${query}`).toThrow(message);
  refusal(`k8s-tunnels://set?${query}`).toThrow(badInput);
});

test('has no name for clusters that it opens', () => {
  refusal(connect('name=a&cluster=a')).toThrow(/besides cluster and tags/);
});

test('leaves a setup link to its own parser', () => {
  const text = 'k8s-tunnels://setup?url=https%3A%2F%2Facme.example%2Fa.yaml';
  expect(parseLink(text)).toEqual({ kind: 'setup', source: text });
  expect(parseSetupLink(text).origin).toEqual({ kind: 'url', url: 'https://acme.example/a.yaml' });
});

test.each([
  ['nothing', '', /begin with/],
  ['words', 'orders', /begin with/],
  ['another scheme', 'https://connect?cluster=a', /begin with/],
  ['a script', 'javascript:alert(1)//k8s-tunnels://connect?cluster=a', /begin with/],
  ['a file', 'file:///k8s-tunnels://connect?cluster=a', /begin with/],
  ['a longer scheme', 'k8s-tunnels-x://connect?cluster=a', /begin with/],
  ['no slashes', 'k8s-tunnels:connect?cluster=a', /begin with/],
  ['one slash', 'k8s-tunnels:/connect?cluster=a', /begin with/],
  ['backslashes', 'k8s-tunnels:\\\\connect?cluster=a', /begin with/],
  ['three slashes', 'k8s-tunnels:///connect?cluster=a', /path/],
  ['no host', 'k8s-tunnels://?cluster=a', /unknown action/],
  ['another host', 'k8s-tunnels://quit', /unknown action/],
  ['a host in capitals', 'k8s-tunnels://CONNECT?cluster=a', /unknown action/],
  ['an escaped host', 'k8s-tunnels://c%6fnnect?cluster=a', /unknown action/],
  ['a host with a dot', 'k8s-tunnels://connect.?cluster=a', /unknown action/],
  ['a port', 'k8s-tunnels://connect:80?cluster=a', /unknown action/],
  ['a path', 'k8s-tunnels://connect/now?cluster=a', /path/],
  ['a way up', 'k8s-tunnels://connect//..//x?cluster=a', /path/],
  ['a way up and down', 'k8s-tunnels://connect/x/..?cluster=a', /path/],
  ['a user', 'k8s-tunnels://ada@connect?cluster=a', /user name/],
  ['a password alone', 'k8s-tunnels://:geheim@connect?cluster=a', /user name/],
  ['an empty user', 'k8s-tunnels://@connect?cluster=a', /user name/],
  ['a password before setup', 'k8s-tunnels://:geheim@setup?url=https://acme.example/', /user name/],
  ['a fragment', connect('cluster=a#b'), /#/],
  ['an empty fragment', connect('cluster=a#'), /#/],
  ['no query', 'k8s-tunnels://connect', /names no cluster/],
  ['no cluster', connect('cluster='), /by nothing/],
  ['a cluster of spaces', connect('cluster=+%20'), /by nothing/],
  ['a long cluster', connect(`cluster=${'a'.repeat(513)}`), /by nothing/],
  ['another parameter', connect('cluster=a&production=true'), /besides/],
  ['a parameter in capitals', connect('Cluster=a'), /besides/],
  ['a prototype', connect('__proto__=a'), /besides/],
  ['clusters and tags', connect('cluster=a&tags=owner=b'), /both/],
  ['tags twice', connect('tags=owner=b&tags=owner=c'), /tags more than once/],
  ['a field twice', connect('tags=owner=b,owner=c'), /field/],
  ['an unknown field', connect('tags=server=b'), /field=value/],
  ['a field of the prototype', connect('tags=constructor=b'), /field=value/],
  ['a field without a value', connect('tags=owner='), /field=value/],
  ['a field alone', connect('tags=owner'), /field=value/],
  ['a pair left out', connect('tags=owner=b,,group=c'), /field=value/],
  ['no tags', connect('tags='), /field=value/],
  ['51 clusters', connect(Array.from({ length: 51 }, (_, at) => `cluster=c${at}`).join('&')), /more than 50/],
  ['2,001 characters', connect(`cluster=${'a'.repeat(2_001 - connect('cluster=').length)}`), /2,000/],
  ['a tab that browsers drop', 'k8s-tunnels://con\tnect?cluster=a', /invisible/],
  ['a space before', ' k8s-tunnels://connect?cluster=a', /invisible/],
  ['a line break after', `${connect('cluster=a')}\n`, /invisible/],
  ['an escaped NUL', connect('cluster=a%00'), /cannot be seen/],
  ['an escaped line break', connect('cluster=a%0Ab'), /cannot be seen/],
  ['an escape sequence', connect('cluster=%1B%5B31m'), /cannot be seen/],
  ['writing turned around', connect('cluster=a%E2%80%AEb'), /cannot be seen/],
  ['an escaped line separator', connect('tags=owner=%E2%80%A8'), /cannot be seen/],
  ['half a character', connect('cluster=\ud800'), /invisible/],
  ['a broken escape', connect('cluster=%zz'), /damaged/],
  ['bytes that are no UTF-8', connect('cluster=%E0%A4%A'), /damaged/],
])('refuses %s', (_, text, why) => {
  refusal(text).toThrow(badInput);
  refusal(text).toThrow(why);
  refusal(text).not.toThrow(/geheim/);
});

test('fits clusters by every pair, letters’ case aside', () => {
  const orders = aCluster('orders', { environment: 'Staging', group: 'core', owner: 'platform' });
  const billing = aCluster('billing', { environment: 'staging', accountName: 'acme-dev' });
  const clusters = new Map([orders, billing].map((one) => [one.id, one]));
  const titles = (tags: string) => {
    const link = parseLink(connect(`tags=${tags}`));
    if (link.kind !== 'tags') throw new Error('it names tags');
    return clustersMeant(link, clusters).map((one) => (one.kind === 'known' ? one.cluster.title : one.why));
  };
  expect(titles('environment=staging')).toEqual(['orders', 'billing']);
  expect(titles('environment=staging,group=core')).toEqual(['orders']);
  expect(titles('account=acme-dev,source=eks,region=eu-west-1')).toEqual(['billing']);
  expect(titles('account=111122223333,name=ORDERS,owner=platform')).toEqual(['orders']);
  expect(titles('group=other')).toEqual([]);
});

test('more than 50 that fit are refused', () => {
  const many = Array.from({ length: 51 }, (_, at) => aCluster(`c${at}`, { group: 'core' }));
  const clusters = new Map(many.map((one) => [one.id, one]));
  const pairs = [{ field: 'group', value: 'core' }] as const;
  expect(() => clustersMeant({ kind: 'tags', pairs }, clusters)).toThrow(badInput);
});

test('an unknown or ambiguous name stays, with why; the same cluster counts once', () => {
  const orders = aCluster('orders');
  const twins = [aCluster('twin', { region: 'a' }), aCluster('twin', { region: 'b' })];
  const clusters = new Map([orders, ...twins].map((one) => [one.id, one]));
  expect(meantBy(['orders', orders.id, 'nowhere', 'twin'], clusters)).toEqual([
    { kind: 'known', cluster: orders },
    { kind: 'unknown', word: 'nowhere', why: 'There is no cluster called "nowhere".' },
    { kind: 'unknown', word: 'twin', why: '"twin" is the name of 2 clusters.' },
  ]);
});

test('a link of none, or of too many, is not made', () => {
  const ids = (count: number) =>
    Array.from({ length: count }, (_, at) => clusterId('eks', '1', 'eu', `cluster-${at}`));
  expect(parseLink(linkOf(ids(50)))).toMatchObject({ words: ids(50) });
  for (const count of [0, 51]) expect(() => linkOf(ids(count))).toThrow(badInput);
  expect(() => linkOf([clusterId('eks', '1', 'eu', 'a'.repeat(2_000))])).toThrow(badInput);
});

test('is found among the arguments of a start, and cut where it is too long', () => {
  expect(linkAmong(['/usr/bin/electron', '.', '--hidden'])).toBeUndefined();
  expect(linkAmong(['app', '--flag', 'K8s-Tunnels:x'])).toBe('K8s-Tunnels:x');
  const long = linkAmong([connect(`cluster=${'a'.repeat(1e6)}`)]) ?? '';
  expect(long).toHaveLength(2_001);
  refusal(long).toThrow(/2,000/);
});
