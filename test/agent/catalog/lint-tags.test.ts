import { describe, expect, test } from 'vitest';
import { lintTags } from '../../../main/agent/catalog/lint-tags.ts';
import { eksCluster } from './clusters.ts';

const hostname = (name: string) => ({ 'k8s-tunnels-hostname': `${name}.example.com` });
const lint = (tags: Readonly<Record<string, string>>) => lintTags([eksCluster('a', { tags })]);

test('a clean cluster has no finding', () => {
  expect(
    lint({ ...hostname('a'), 'k8s-tunnels-environment': 'production', 'k8s-tunnels-owner': 'Ada' }),
  ).toEqual([]);
});

describe('an error', () => {
  test.each([
    [{ 'k8s-tunnels-hostname': 'https://k8s.example.com/' }, ['k8s-tunnels-hostname=k8s.example.com']],
    [{ 'k8s-tunnels-hostname': 'no name' }, ['k8s-tunnels-hostname=<HOSTNAME>']],
    [{ 'k8s-tunnels-hostname': '' }, ['k8s-tunnels-hostname=<HOSTNAME>']],
    [{ ...hostname('a'), 'k8s-tunnels-origin': 'pigeon' }, ['--tag-keys k8s-tunnels-origin']],
    [
      { ...hostname('a'), 'k8s-tunnels-origin': 'https', 'k8s-tunnels-destination': 'a.internal:443' },
      ['--tag-keys k8s-tunnels-destination'],
    ],
    [{ ...hostname('a'), 'k8s-tunnels-owner': '' }, ['--tag-keys k8s-tunnels-owner']],
    [{ ...hostname('a'), 'k8s-tunnels-namespace': 'Web' }, ['k8s-tunnels-namespace=web']],
    [{ ...hostname('a'), 'k8s-tunnels-name-3': 'x' }, ['--tag-keys k8s-tunnels-name-3']],
    [{ ...hostname('a'), 'K8s-Tunnels-Hostname': 'b.example.com' }, ['--tag-keys K8s-Tunnels-Hostname']],
    // A slip keeps its value; what is like nothing is only taken away.
    [
      { 'k8s-tunnels-hostnme': 'a.example.com' },
      ['k8s-tunnels-hostname=a.example.com', '--tag-keys k8s-tunnels-hostnme'],
    ],
    [{ ...hostname('a'), 'k8s-tunnels-hostnme': 'b.example.com' }, ['--tag-keys k8s-tunnels-hostnme']],
    [{ ...hostname('a'), 'k8s-tunnels-team': 'blue' }, ['--tag-keys k8s-tunnels-team']],
    [{ ...hostname('a'), 'k8s-tunnels-environment': 'prd' }, ['k8s-tunnels-environment=production']],
    [{ ...hostname('a'), 'k8s-tunnels-environment': 'EU Live' }, ['k8s-tunnels-environment=production']],
    // Two slips of a long word: it would have no protection.
    [{ ...hostname('a'), 'k8s-tunnels-environment': 'produkton' }, ['k8s-tunnels-environment=production']],
  ])('%j', (tags, commands) => {
    const findings = lint(tags as Record<string, string>).filter(({ severity }) => severity === 'error');
    expect(findings).toHaveLength(1);
    expect(findings[0]?.commands.map((command) => command.replaceAll("'", ''))).toEqual(
      commands.map((command) => expect.stringMatching(new RegExp(`${command}$`))),
    );
  });

  test.each(['tcp', 'https'])('the one host name of two, where it leads to one API server (%s)', (origin) => {
    const tcp = { ...hostname('x'), 'k8s-tunnels-origin': origin };
    const [a, b] = [eksCluster('a', { tags: tcp }), eksCluster('b', { tags: tcp })];
    expect(lintTags([a, b]).map(({ kind, message }) => [kind, message])).toEqual([
      ['hostname-shared', expect.stringContaining(b.id)],
      ['hostname-shared', expect.stringContaining(a.id)],
    ]);
    if (origin === 'https') return;
    // A SOCKS server, and an application in bastion mode, lead to many.
    const socks = { tags: hostname('x') };
    expect(lintTags([eksCluster('a', socks), eksCluster('b', socks)])).toEqual([]);
    const bastion = (at: string) => ({ tags: { ...tcp, 'k8s-tunnels-destination': `${at}.internal:443` } });
    expect(lintTags([eksCluster('a', bastion('a')), eksCluster('b', bastion('b'))])).toEqual([]);
  });

  test('what its source found wrong, without a command', () => {
    const problem = { key: 'certificate-authority-data', message: 'It is no PEM.', hint: 'Store the PEM.' };
    const found = lintTags([{ ...eksCluster('a', { tags: hostname('a') }), tagProblems: [problem] }]);
    expect(found).toMatchObject([{ kind: 'source-problem', severity: 'error', commands: [] }]);
  });

  test('a key that cannot be pasted safely is told without a command', () => {
    expect(lint({ ...hostname('a'), 'k8s-tunnels-a\u0003; id': 'x' })).toMatchObject([
      { kind: 'tag-problem', commands: [], hint: expect.stringContaining('control characters') },
    ]);
  });
});

describe('a warning', () => {
  test.each([
    ['hostname-missing', {}, '=<HOSTNAME>'],
    [
      'docs-not-https',
      { ...hostname('a'), 'k8s-tunnels-docs': 'http://wiki.example.com' },
      '=https://wiki.example.com',
    ],
    ['owner-missing', { ...hostname('a'), 'k8s-tunnels-environment': 'prod' }, '=<OWNER>'],
  ])('%s', (kind, tags, words) => {
    expect(lint(tags as Record<string, string>)).toMatchObject([
      { kind, severity: 'warning', commands: [expect.stringContaining(words)] },
    ]);
  });

  test('one name of two, in any case', () => {
    const named = (name: string, title: string) =>
      eksCluster(name, { tags: { ...hostname(name), 'k8s-tunnels-name': title } });
    expect(
      lintTags([named('a', 'Shop'), named('b', 'shop'), named('c', 'other')]).map(({ kind }) => kind),
    ).toEqual(['title-shared', 'title-shared']);
  });

  test.each([
    [4, /eks\S*\/b, eks\S*\/c, eks\S*\/d too\.$/],
    [5, /eks\S*\/b, eks\S*\/c, eks\S*\/d and 1 more too\.$/],
  ])('one name of %i: three others are named, and the rest are counted', (count, words) => {
    const all = ['a', 'b', 'c', 'd', 'e'].slice(0, count);
    const [first] = lintTags(
      all.map((name) => eksCluster(name, { tags: { ...hostname(name), 'k8s-tunnels-name': 'shop' } })),
    );
    expect(first?.message).toMatch(words);
  });
});

test.each(['staging', 'non-prod', 'pre-production', 'preprod', 'product-dev', 'delivery'])(
  'environment %s is none that sounds like production',
  (environment) => {
    expect(lint({ ...hostname('a'), 'k8s-tunnels-environment': environment })).toEqual([]);
  },
);

test("names the organisation's keys, and mends them by those", () => {
  const tags = { 'acme-environment': 'prd', 'acme-origin': 'pigeon', 'other-origin': 'owl' };
  const findings = lintTags([eksCluster('a', { tags, tagPrefix: 'acme-' })]);
  expect(findings.map(({ kind }) => kind)).toEqual([
    'tag-problem',
    'hostname-missing',
    'environment-unrecognised',
  ]);
  expect(JSON.stringify(findings.map(({ cluster: _, ...finding }) => finding))).not.toContain('k8s-tunnels-');
  expect(findings.map(({ commands }) => commands.map((command) => command.split(' ').at(-1)))).toEqual([
    ['acme-origin'],
    ["'acme-hostname=<HOSTNAME>'"],
    ['acme-environment=production'],
  ]);
});

describe('the groups of the organisation’s catalog', () => {
  const tagged = { ...hostname('b'), 'k8s-tunnels-groups': 'sre' };
  const findings = (hasCatalog: boolean, tags: Readonly<Record<string, string>>) =>
    lintTags([eksCluster('a', { tags: hostname('a') }), eksCluster('b', { tags })], 'posix', {
      hasCatalog,
    }).map(({ cluster, kind, commands }) => [cluster.name, kind, commands.length]);

  test('are missed where there is a catalog, and where another cluster has some', () => {
    expect(findings(true, tagged)).toEqual([['a', 'groups-missing', 1]]);
    expect(findings(false, tagged)).toEqual([['a', 'groups-missing', 1]]);
    expect(findings(false, hostname('b'))).toEqual([]);
  });

  test('are an error where they are wrong, and not missed too', () => {
    expect(findings(true, { ...hostname('b'), 'k8s-tunnels-groups': 'everyone+sre' })).toEqual([
      ['a', 'groups-missing', 1],
      ['b', 'tag-problem', 1],
    ]);
  });
});

describe('the production values of the organisation', () => {
  const found = (environment: string, ...values: readonly string[]) => {
    const tags = { 'globex-hostname': 'a.example.com', 'globex-environment': environment };
    const plain = eksCluster('a', { tags, tagPrefix: 'globex-' });
    const production = values.some((value) => value.toLowerCase() === environment.toLowerCase());
    return lintTags([{ ...plain, production }], 'posix', { productionValues: values }).filter(
      ({ kind }) => kind === 'environment-unrecognised',
    );
  };

  test.each(['prd', 'PRD', 'Prd'])('%s is one of them', (environment) => {
    expect(found(environment, 'prd')).toEqual([]);
  });

  test.each([
    ['prod', 'prd'],
    ['production', 'prd'],
    ['PRODUCTION', 'prd'],
    ['produktion', 'prd'],
    ['prodd', 'prd'],
    ['prdd', 'prd'],
    ['prdo', 'prd'],
    ['eu-prd', 'prd'],
    ['live', 'prd'],
    ['lvie', 'live'],
    ['blau-eins', 'blau'],
    ['customr', 'customer'],
  ])('%s reaches production unasked, where only %s is', (environment, value) => {
    expect(found(environment, 'core', value)).toMatchObject([
      {
        severity: 'error',
        message: `globex-environment is "${environment}", so switching to the cluster needs no confirmation.`,
        hint: `Only core or ${value} requires a confirmation.`,
        commands: [expect.stringMatching(/globex-environment=(?:core|prd|live|blau|customer)$/)],
      },
    ]);
  });

  test('the nearest of them is proposed', () => {
    expect(found('prdd', 'live', 'prd')[0]?.commands[0]).toMatch(/=prd$/);
    expect(found('lvie', 'prd', 'live')[0]?.commands[0]).toMatch(/=live$/);
    expect(found('produktion', 'live', 'prd')[0]?.commands[0]).toMatch(/=live$/);
  });

  test.each(['pre', 'prs', 'dev', 'staging', 'non-prd', 'product', 'proof'])('%s is none', (environment) => {
    expect(found(environment, 'prd', 'prod')).toEqual([]);
  });
});

describe('a tag under another prefix', () => {
  const found = (tags: Readonly<Record<string, string>>, tagPrefix = 'globex-') =>
    lintTags([eksCluster('a', { tags, tagPrefix })]).filter(({ kind }) => kind.startsWith('tag-'));
  const commandsOf = (tags: Readonly<Record<string, string>>, tagPrefix?: string) =>
    found(tags, tagPrefix).flatMap(({ commands }) =>
      commands.map((command) => command.split('platform ')[1]),
    );

  test.each([
    'k8s-tunnels-hostname',
    'K8S-TUNNELS-HOSTNAME',
    'k8s_tunnels_hostname',
    'globex_hostname',
    'globexhostname',
    'GlobexHostname',
    'GLOBEX_HOSTNAME',
    'globex:hostname',
    'globex/hostname',
    'globx-hostname',
    'glbex-hostname',
  ])('%s is renamed by the command', (key) => {
    expect(commandsOf({ [key]: 'a.example.com' })).toEqual([
      '--tags globex-hostname=a.example.com',
      `--tag-keys ${key}`,
    ]);
    const [{ severity, message } = { severity: '', message: '' }] = found({ [key]: 'a.example.com' });
    expect([severity, message]).toEqual(['error', `${key} is not read: the key is globex-hostname.`]);
  });

  test('is the only finding of the missing hostname', () => {
    const cluster = eksCluster('a', { tags: { globex_hostname: 'a.example.com' }, tagPrefix: 'globex-' });
    expect(lintTags([cluster]).map(({ kind }) => kind)).toEqual(['tag-prefix']);
  });

  test('is renamed with all its parts, and to a value that is valid', () => {
    const parts = { 'k8s-tunnels-description-2': 'two', 'k8s-tunnels-description': 'one-' };
    expect(commandsOf(parts)).toEqual([
      '--tags globex-description=one-two',
      '--tag-keys k8s-tunnels-description k8s-tunnels-description-2',
    ]);
    expect(commandsOf({ globex_hostname: 'https://a.example.com' })[0]).toBe(
      '--tags globex-hostname=a.example.com',
    );
    expect(commandsOf({ 'k8s-tunnels-hostnme': 'a.example.com' })[0]).toBe(
      '--tags globex-hostname=a.example.com',
    );
  });

  test('is removed where the right key is there, or none is like it', () => {
    const right = { 'globex-hostname': 'a.example.com' };
    expect(found({ ...right, 'k8s-tunnels-hostname': 'b.example.com' })).toMatchObject([
      { severity: 'warning', commands: [expect.stringMatching(/--tag-keys k8s-tunnels-hostname$/)] },
    ]);
    expect(commandsOf({ ...right, 'k8s-tunnels-colour': 'blue' })).toEqual(['--tag-keys k8s-tunnels-colour']);
  });

  test('may be of another tool, where it is only shown', () => {
    expect(found({ 'globex:owner': 'Ada' })).toMatchObject([{ severity: 'warning' }]);
    expect(found({ 'globex-owner': 'Ada', 'globex:owner': 'cost-4711' })).toEqual([]);
    expect(found({ 'k8s-tunnels-owner': 'Ada' })).toMatchObject([{ severity: 'error' }]);
  });

  test.each([
    { hostname: 'a' },
    { 'kubernetes-hostname': 'a' },
    { 'aws:cloudformation:stack-name': 'a' },
    { Name: 'a' },
    { 'team-environment': 'prod' },
    { 'glo-environment': 'prod' },
  ])('%j is none of ours', (tags) => {
    expect(found(tags)).toEqual([]);
  });

  test('with two slips in the long default prefix, which no other tool has', () => {
    expect(commandsOf({ 'k8-tunels-origin': 'tcp' }, 'k8s-tunnels-')).toEqual([
      '--tags k8s-tunnels-origin=tcp',
      '--tag-keys k8-tunels-origin',
    ]);
    expect(found({ 'k8-tunel-origin': 'tcp' })).toEqual([]);
  });

  test('with the default prefix, too', () => {
    expect(commandsOf({ k8s_tunnels_origin: 'tcp' }, 'k8s-tunnels-')).toEqual([
      '--tags k8s-tunnels-origin=tcp',
      '--tag-keys k8s_tunnels_origin',
    ]);
  });

  test('a key with capital letters counts, and gets a warning with the command that renames it', () => {
    expect(found({ 'Globex-Hostname': 'a.example.com' })).toMatchObject([
      { kind: 'tag-spelling', severity: 'warning', message: expect.stringContaining('is read') },
    ]);
    expect(commandsOf({ 'Globex-Hostname': 'a.example.com' })).toEqual([
      '--tags globex-hostname=a.example.com',
      '--tag-keys Globex-Hostname',
    ]);
  });
});

test('without a profile, the hint says where to get one, and the command has a place for it', () => {
  const cluster = eksCluster('a', { profiles: [] });
  const [finding] = lintTags([cluster]);
  expect(finding?.commands[0]).toContain("--profile '<PROFILE>'");
  expect(finding?.hint).toContain(
    'For <PROFILE>, write a profile of ~/.aws/config that reaches account 111122223333.',
  );
  // The variables of the environment need none.
  expect(lintTags([eksCluster('a', { profiles: [''] })])[0]?.commands[0]).not.toContain('--profile');
});
