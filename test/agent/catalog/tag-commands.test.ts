import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beforeCommands } from '../../../main/agent/catalog/eks-tag-commands.ts';
import { tagCommands } from '../../../main/agent/catalog/tag-commands.ts';
import { taggedCluster } from '../../../main/agent/catalog/tagged-cluster.ts';
import { readTags } from '../../../main/agent/catalog/tags.ts';
import type { CredentialSource } from '../../../main/model/cluster.ts';

type Reading = Parameters<typeof taggedCluster>[0];
type Tags = Readonly<Record<string, string>>;

const subscription = '11111111-2222-3333-4444-555555555555';
const vaultCredential = {
  kind: 'vault',
  version: 2,
  address: 'https://vault.example.com:8200',
  mount: 'clusters',
  path: 'edge/lyon',
  holds: 'token',
} as const satisfies CredentialSource;
const readings = {
  eks: {
    source: 'eks',
    account: '111122223333',
    region: 'eu-west-1',
    name: 'shop',
    credential: {
      kind: 'eks',
      cluster: 'shop',
      region: 'eu-west-1',
      ways: [
        { kind: 'sso', session: 'acme', account: '111122223333', role: 'Reader' },
        { kind: 'profile', name: 'shop admin' },
      ],
    },
  },
  gke: {
    source: 'gke',
    account: 'acme-prod',
    region: 'europe-west1',
    name: 'shop',
    credential: { kind: 'gke' },
  },
  aks: {
    source: 'aks',
    account: subscription,
    region: 'westeurope',
    name: 'Shop',
    key: 'rg-shop/shop',
  },
  vault: {
    source: 'vault',
    account: 'vault.example.com:8200/team/inner/clusters',
    region: 'edge',
    name: 'lyon',
    credential: vaultCredential,
  },
  file: { source: 'file', account: '/home/ada/clusters.yaml', region: '/', name: 'kind' },
} as const satisfies Record<string, Omit<Reading, 'tags' | 'seenAt'>>;

function cluster(source: keyof typeof readings, tags: Tags = {}, more: Partial<Reading> = {}) {
  return taggedCluster({ ...readings[source], tags, server: 'https://api', seenAt: 0, ...more });
}

/** The words that a shell makes of a command. */
function wordsOf(command: string): readonly string[] {
  const script = `printf '%s\\0' ${command}`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('EKS', () => {
  const where =
    "--region eu-west-1 --resource-arn arn:aws:eks:eu-west-1:111122223333:cluster/shop --profile 'shop admin'";

  test('sets and removes in a command each', () => {
    const tagged = cluster('eks', { 'k8s-tunnels-origin': 'pigeon' });
    expect(tagCommands(tagged, { set: { hostname: 'shop.example.com' }, unset: ['origin'] })).toEqual([
      `aws eks tag-resource ${where} --tags k8s-tunnels-hostname=shop.example.com`,
      `aws eks untag-resource ${where} --tag-keys k8s-tunnels-origin`,
    ]);
  });

  test('an Identity Center role has no profile to name: the note says how to get one', () => {
    const [sso] = readings.eks.credential.ways;
    const credential = { ...readings.eks.credential, ways: [sso] };
    const [command] = tagCommands(cluster('eks', {}, { credential }), { set: { group: 'a' } });
    expect(command).toContain("--profile '<PROFILE>'");
    expect(beforeCommands(cluster('eks', {}, { credential }))).toContain(
      'aws configure sso` makes one, for example for the role Reader of IAM Identity Center.',
    );
    expect(beforeCommands(cluster('eks'))).toBeUndefined();
    expect(beforeCommands(cluster('gke'))).toBeUndefined();
  });

  test('JSON for what the short form would read otherwise', () => {
    const [command] = tagCommands(cluster('eks'), { set: { owner: 'Ada, \'Team\' "A"=1' } });
    expect(wordsOf(command ?? '').at(-1)).toBe('{"k8s-tunnels-owner":"Ada, \'Team\' \\"A\\"=1"}');
    const [mixed] = tagCommands(cluster('eks'), { set: { group: 'a', owner: 'Ada, Bob' } });
    expect(JSON.parse(wordsOf(mixed ?? '').at(-1) ?? '')).toEqual({
      'k8s-tunnels-group': 'a',
      'k8s-tunnels-owner': 'Ada, Bob',
    });
  });

  test.each([
    ['cn-north-1', 'arn:aws-cn:eks:'],
    ['us-gov-west-1', 'arn:aws-us-gov:eks:'],
  ])('%s is in a partition of its own', (region, arn) => {
    expect(tagCommands(cluster('eks', {}, { region }), { set: { group: 'a' } })[0]).toContain(arn);
  });

  test('a value that would be read otherwise is encoded; a key in another case is written over', () => {
    expect(tagCommands(cluster('eks', { 'K8s-Tunnels-Group': 'x' }), { set: { group: 'a_b' } })[0]).toContain(
      'K8s-Tunnels-Group=a__5fb',
    );
  });
});

describe('GKE', () => {
  const update = (option: string) =>
    `gcloud container clusters update shop --location=europe-west1 --project=acme-prod ${option}`;

  test('labels hold the encoded value, continued where it is long', () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
    expect(tagCommands(cluster('gke'), { set: { hostname: 'shop.eu.example.com' } })).toEqual([
      update('--update-labels=k8s-tunnels-hostname=shop_eu_example_com'),
    ]);
    const [command = ''] = tagCommands(cluster('gke'), { set: { hostname: long } });
    expect(labelsOf(command)).toEqual({
      'k8s-tunnels-hostname': `${'a'.repeat(60)}_bb`,
      'k8s-tunnels-hostname-2': `${'b'.repeat(58)}_exam`,
      'k8s-tunnels-hostname-3': 'ple_com',
    });
  });

  test('a shorter value takes away what continued the longer one', () => {
    const tagged = cluster('gke', { 'k8s-tunnels-name': 'a'.repeat(63), 'k8s-tunnels-name-2': 'b' });
    expect(tagCommands(tagged, { set: { name: 'c' } })).toEqual([
      update('--update-labels=k8s-tunnels-name=c'),
      update('--remove-labels=k8s-tunnels-name-2'),
    ]);
    expect(tagCommands(tagged, { unset: ['name'] })).toEqual([
      update('--remove-labels=k8s-tunnels-name,k8s-tunnels-name-2'),
    ]);
  });

  test('more labels than a cluster can have are refused by name and limit', () => {
    expect(() => tagCommands(cluster('gke'), { set: { description: 'é'.repeat(1000) } })).toThrow(
      expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(/gke.* 64\.$/) }),
    );
  });

  test('with the account that lists it, where this computer has several', () => {
    const of = (account: string) => cluster('gke', {}, { credential: { kind: 'gke', account } });
    const change = { set: { group: 'a' } } as const;
    expect(tagCommands(of('ada@acme.example'), change)[0]).toContain(' --account=ada@acme.example ');
    expect(tagCommands(of('application-default'), change)[0]).not.toContain('--account');
  });

  test('a placeholder says what its dots become', () => {
    expect(tagCommands(cluster('gke'), { set: { hostname: '<HOSTNAME>' } })[0]).toContain(
      '<HOSTNAME_WITH_UNDERSCORES_FOR_DOTS>',
    );
  });
});

test('AKS: merged, and deleted by name and value', () => {
  const id = `/subscriptions/${subscription}/resourceGroups/rg-shop/providers/Microsoft.ContainerService/managedClusters/Shop`;
  const tagged = cluster('aks', { 'k8s-tunnels-docs': 'not a page' });
  expect(tagCommands(tagged, { set: { name: "Ada's", group: 'shops' }, unset: ['docs'] })).toEqual([
    String.raw`az tag update --resource-id ${id} --operation Merge --subscription ${subscription} --tags 'k8s-tunnels-name=Ada'\''s' k8s-tunnels-group=shops`,
    `az tag update --resource-id ${id} --operation Delete --subscription ${subscription} --tags 'k8s-tunnels-docs=not a page'`,
  ]);
});

describe('Vault', () => {
  const where = '-address=https://vault.example.com:8200 -namespace=team/inner -mount=clusters';

  test('custom metadata of KV version 2', () => {
    const tagged = cluster('vault', { 'k8s-tunnels-origin': 'pigeon' });
    expect(tagCommands(tagged, { set: { owner: 'Ada' }, unset: ['origin'] })).toEqual([
      `vault kv metadata patch ${where} -custom-metadata=k8s-tunnels-owner=Ada -remove-custom-metadata=k8s-tunnels-origin edge/lyon`,
    ]);
  });

  test('a secret of KV version 1 is read, changed and written back, as jq does it', () => {
    const tagged = cluster(
      'vault',
      { 'k8s-tunnels-bad"key': 'x' },
      { credential: { ...vaultCredential, version: 1 } },
    );
    const [command = ''] = tagCommands(tagged, {
      set: { owner: `Ada's "team"` },
      remove: ['k8s-tunnels-bad"key'],
    });
    const [get, jq = '', put] = command.split(' | jq ').flatMap((part) => part.split(' | vault kv put'));
    expect([get, put]).toEqual([`vault kv get -format=json ${where} edge/lyon`, ` ${where} edge/lyon -`]);
    const secret = { data: { server: 'https://api', token: 'x', 'k8s-tunnels-bad"key': 'x' } };
    const written = execFileSync('/bin/sh', ['-c', `jq ${jq}`], {
      input: JSON.stringify(secret),
      encoding: 'utf8',
    });
    expect(JSON.parse(written)).toEqual({
      server: 'https://api',
      token: 'x',
      'k8s-tunnels-owner': `Ada's "team"`,
    });
  });

  test('a cluster without a credential of Vault names its server too', () => {
    const tagged = cluster('vault', {}, { credential: undefined });
    expect(tagCommands(tagged, { set: { owner: 'Ada' } })[0]).toContain(
      ' -address=https://vault.example.com:8200 -namespace=team/inner ',
    );
  });

  test.each([
    ['localhost:8200', 'http://localhost:8200'],
    ['127.0.0.1:8200', 'http://127.0.0.1:8200'],
    ['[::1]:8200', 'http://[::1]:8200'],
    ['localhost.acme.example:8200', 'https://localhost.acme.example:8200'],
    ['127.acme.example', 'https://127.acme.example'],
    ['vault.localhost:8200', 'https://vault.localhost:8200'],
    ['10.127.0.1:8200', 'https://10.127.0.1:8200'],
  ])('a command sends the token of Vault off this computer by TLS alone: %s', (host, address) => {
    const tagged = cluster('vault', {}, { account: `${host}/clusters`, credential: undefined });
    const [command = ''] = tagCommands(tagged, { set: { owner: 'Ada' } });
    expect(wordsOf(command)).toContain(`-address=${address}`);
  });

  test('a path that would be taken for an option is refused', () => {
    const tagged = cluster(
      'vault',
      {},
      { region: '-address=https://evil.example.com', credential: undefined },
    );
    expect(() => tagCommands(tagged, { set: { owner: 'Ada' } })).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });
});

test('a file: where to edit what, as a comment that runs nothing', () => {
  const commands = tagCommands(cluster('file'), { set: { owner: 'Ada\n$(id)' }, unset: ['docs'] });
  expect(commands).toEqual([
    '# In "/home/ada/clusters.yaml", under tags of "kind": set owner: "Ada\\n$(id)"',
    '# In "/home/ada/clusters.yaml", under tags of "kind": remove docs',
  ]);
  expect(execFileSync('/bin/sh', ['-c', commands.join('\n')], { encoding: 'utf8' })).toBe('');
});

test('a member of a Google fleet has its labels in the fleet', () => {
  const member = cluster('gke', {}, { region: 'fleet', name: 'depot', key: 'global/depot' });
  expect(tagCommands(member, { set: { group: 'edge' } })).toEqual([
    'gcloud container fleet memberships update depot --location=global --project=acme-prod --update-labels=k8s-tunnels-group=edge',
  ]);
});

test.each(['eks', 'gke', 'aks', 'vault'] as const)(
  'what the commands for %s write is read back as it was meant',
  (source) => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
      .map((text) => text.trim())
      .filter((text) => text !== '' && !/[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(text) && !/^<.*>$/.test(text));
    fc.assert(
      fc.property(value, value, (owner, description) => {
        const [command = ''] = tagCommands(cluster(source), { set: { owner, description } });
        expect(readTags(writtenBy[source](command)).fields).toMatchObject({ owner, description });
      }),
      { numRuns: 40 },
    );
  },
);

const labelsOf = (command: string) =>
  pairs((wordsOf(command).at(-1) ?? '').replace('--update-labels=', '').split(','));

/** The tags that a command sets, as its program reads its arguments. */
const writtenBy: Readonly<Record<'eks' | 'gke' | 'aks' | 'vault', (command: string) => Tags>> = {
  eks(command) {
    const tags = wordsOf(command).at(-1) ?? '';
    return tags.startsWith('{') ? (JSON.parse(tags) as Tags) : pairs(tags.split(','));
  },
  gke: labelsOf,
  aks(command) {
    const words = wordsOf(command);
    return pairs(words.slice(words.indexOf('--tags') + 1));
  },
  vault: (command) =>
    pairs(wordsOf(command).flatMap((word) => /^-custom-metadata=(.*)$/s.exec(word)?.slice(1, 2) ?? [])),
};

function pairs(words: readonly string[]): Tags {
  return Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

test.each([
  ['eks', 'acme-hostname=shop.example.com'],
  ['gke', '--update-labels=acme-hostname=shop_example_com'],
  ['aks', 'acme-hostname=shop.example.com'],
  ['vault', '-custom-metadata=acme-hostname=shop.example.com'],
] as const)("in %s the organisation's prefix is written", (source, word) => {
  const tagged = cluster(source, { 'acme-group': 'x', 'k8s-tunnels-group': 'y' }, { tagPrefix: 'acme-' });
  const commands = tagCommands(tagged, { set: { hostname: 'shop.example.com' }, unset: ['group'] });
  expect(commands.flatMap(wordsOf)).toContain(word);
  expect(commands.join()).toContain('acme-group');
  expect(commands.join()).not.toContain('k8s-tunnels-');
});
