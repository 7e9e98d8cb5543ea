import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { bench, kubectl, listing, seed, view, withKubectl } from './bench.ts';
import { entry } from './entry.ts';

const item = '- name: mine\n  cluster: {server: "https://mine"}';
const user = '- name: mine\n  user: {token: abc}';
const context = '- name: mine\n  context: {cluster: mine, user: mine}';

/** Every form a kubeconfig may have, by what the writer must do with it. */
const shapes: Readonly<Record<string, string | Uint8Array>> = {
  'an empty file gets a minimal config': '',
  'a blank file gets a minimal config': '\n  \n\n',
  'comments alone are kept, a minimal config follows': '# mine\n# yours',
  'an empty document gets a minimal config': '---\n# nothing here\n',
  '`clusters: null` is filled': 'apiVersion: v1\nclusters: null\ncontexts: ~\nusers:\nkind: Config\n',
  'lists without a value and with a comment are filled':
    'clusters: # none\ncontexts:\n# yet\nusers: null # none\nkind: Config\n',
  '`clusters: []` gets the entry in flow form': 'clusters: []\ncontexts: [ ]\nusers: [\n ]\nkind: Config\n',
  'a flow list with items, trailing comma and comment goes on':
    'clusters: [{name: mine, cluster: {server: "https://mine"}},]\ncontexts: [\n  {name: mine, context: {cluster: mine, user: mine}} # a, b\n  ]\nusers: []\n',
  'compact JSON stays JSON':
    '{"kind":"Config","clusters":[{"name":"mine","cluster":{"server":"https://mine"}}],"users":[],"contexts":null}',
  'tab-indented JSON stays JSON':
    '{\n\t"kind": "Config",\n\t"clusters": [\n\t\t{"name": "mine"}\n\t],\n\t"current-context": ""\n}\n',
  'an empty JSON object is filled': '{}\n',
  'of several documents the first is edited': `clusters:\n${item}\n---\nclusters: []\n---\nother: 1\n`,
  'document markers stay': `---\nclusters:\n${item}\nkind: Config\n...\n`,
  'of duplicate keys the last is edited': `clusters:\n- name: old\nclusters:\n${item}\ncurrent-context: old\ncurrent-context: mine\n`,
  'anchors, aliases and merge keys stay':
    'clusters:\n- name: a\n  cluster: &base\n    server: "https://a"\n- name: b\n  cluster:\n    <<: *base\n    tls-server-name: b\nusers: &users\n- name: a\n  user: &u {token: abc}\n- name: b\n  user: *u\n',
  'a byte order mark stays': `\ufeffclusters:\n${item}\n`,
  'CRLF stays and inserted lines have it': `kind: Config\r\nclusters:\r\n${item.replaceAll('\n', '\r\n')}\r\nusers:\r\ncurrent-context: mine\r\n`,
  'a missing final line break is added and taken away again': `users:\n${user}\nclusters:\n${item}`,
  'a missing final line break behind current-context': `contexts:\n${context}\ncurrent-context: mine`,
  'a missing final line break behind an empty current-context': `contexts:\n${context}\ncurrent-context:`,
  'a missing final line break behind an empty list': 'kind: Config\nclusters:',
  'indented lists are met at their column':
    'clusters:\n  - name: mine\n    cluster: {server: "https://mine"}\ncontexts:\n    - name: mine\n      context:\n          cluster: mine\n          user: mine\nusers:\n- name: mine\n',
  'a list whose items have their dash on a line of its own':
    'clusters:\n  # first - of all\n  -\n    name: mine\n    cluster:\n      server: "https://mine"\n',
  'a whole file that is indented':
    '  kind: Config\n  clusters:\n  - name: mine\n    cluster: {server: "https://mine"}\n',
  'a block scalar at the end of a list ends before the entry':
    'users:\n- name: mine\n  user:\n    token: |\n      abc\n      def\n\n\nclusters:\n- name: mine\n  cluster:\n    server: |-\n      https://mine\n    tls-server-name: |+\n      mine\n\n\n',
  'a comment behind a list stays': `clusters:\n${item}\n  # about mine\n# about contexts\ncontexts:\n${context} # mine\n\n# the end\n`,
  'current-context in single quotes': `current-context: 'mine' # always\ncontexts:\n${context}\n`,
  'keys in quotes': `"clusters":\n${item}\n'current-context': mine\n`,
};

/** Forms that cannot stay beside an entry of ours: they are written out while it is there. */
const writtenOut: Readonly<Record<string, string>> = {
  'an empty first document before others gets a minimal config': '---\n---\nclusters: []\n',
  '`null` as the whole document': '--- ~\n',
  'a current-context that is folded over lines': `current-context: >-\n  some\n  where\ncontexts:\n${context}\n`,
  'a current-context in a literal block': `clusters: []\ncurrent-context: |\n  mine\n`,
  'a current-context over two plain lines': `current-context: some\n  where # now\nclusters: []\n`,
  'a current-context that is an alias': `x-name: &n mine\ncurrent-context: *n\ncontexts:\n${context}\n`,
  'a current-context that an alias repeats': `current-context: &n mine\nx-name: *n\nclusters: []\n`,
  'a list whose bracket is in column 0':
    'clusters: [\n  {name: mine, cluster: {server: "https://mine"}}\n]\nusers: [\n]\n',
  'a flow list that is not indented at all':
    'clusters: [\n{name: mine,\ncluster: {server: "https://mine"}}\n]\n',
  'a merge key at the top': `x: &x {clusters: [{name: mine, cluster: {server: "https://mine"}}]}\n<<: *x\nkind: Config\n`,
  'a merge key at the top of JSON': `{"x": &x {clusters: [{name: mine}]}, "kind": Config, <<: *x}\n`,
  'a list that is an alias': 'x: &list\n- name: mine\nclusters: *list\n',
  'a list that an alias repeats': 'clusters: &list\n- name: mine\nx-copy: *list\n',
  'two lists that are one': 'clusters: &list [{name: mine}]\ncontexts: *list\n',
  'an anchored and tagged list': `clusters: &c !!seq\n${item}\nusers: !mine [{name: mine}]\n`,
  'a null item': `clusters:\n-\n${item}\nusers: [~]\n`,
  'CR as line end': `kind: Config\rclusters:\r${item.replaceAll('\n', '\r')}\rcurrent-context: mine\r`,
  'NEL and LS as line ends': `kind: Config\u0085clusters:\u2028${item.replaceAll('\n', '\u2028')}\u0085current-context: mine\u0085`,
  'an open block scalar at the end': `clusters:\n${item}\nusers:\n- name: mine\n  user:\n    token: |\n      abc`,
  'an open block scalar at the end of the first list':
    'users:\n- name: mine\n  user:\n    token: |\n      abc',
  'more than 100 aliases': `x: &x {server: "https://mine"}\nclusters:\n${Array.from({ length: 150 }, (_, index) => `- {name: c${index}, cluster: *x}\n`).join('')}`,
  'a date as a name, which kubectl takes as text':
    'clusters:\n- name: 2026-01-01\n  cluster: {server: "https://mine"}\n',
  'a key with a question mark': `? clusters\n: - name: mine\n? users\n`,
  'a later document that is not YAML': `clusters:\n${item}\n---\n\tbroken: [\n`,
};

/** Lines that neither hold a list to fill nor current-context. */
const isLeftAlone = (line: string) => !/null|~|[[\]]|current-context/.test(line) && !/^\{/.test(line);

describe.each(Object.entries(shapes))('%s', (_, yaml) => {
  const bytes = Buffer.from(yaml);

  test('kubectl reads it, every line of before stands, and the bytes come back', async () => {
    const { kubeconfig, source, config, root } = await bench();
    await seed(config, bytes);
    const before = kubectl === undefined ? undefined : await view(config);
    await kubeconfig.add(source, [entry('one')], { current: 'one' });
    await kubeconfig.add(source, [entry('two', { namespace: 'team' })], {});
    const written = await readFile(config, 'utf8');
    for (const line of bytes.toString().split('\n').filter(isLeftAlone)) expect(written).toContain(line);
    if (bytes.includes('\r\n')) expect(written.replaceAll('\r\n', '')).not.toContain('\n');
    if (bytes.toString().startsWith('{')) JSON.parse(written);
    expect(await kubeconfig.current(source)).toEqual({ context: 'one', id: 'one', file: config });
    if (before !== undefined) {
      const after = await view(config);
      expect(after['current-context']).toBe('one');
      expect(after.clusters.filter(({ name }) => name !== 'one' && name !== 'two')).toEqual(before.clusters);
      expect(after.users.filter(({ name }) => name !== 'one' && name !== 'two')).toEqual(before.users);
      expect(after.clusters.find(({ name }) => name === 'one')?.cluster).toMatchObject({
        server: 'https://one.example:6443',
        'proxy-url': 'socks5://user:secret@127.0.0.1:20123',
        'tls-server-name': 'kubernetes',
      });
      expect(after.contexts.find(({ name }) => name === 'two')?.context).toMatchObject({
        cluster: 'two',
        user: 'two',
        namespace: 'team',
      });
      expect(after.users.find(({ name }) => name === 'two')?.user).toMatchObject({
        exec: {
          command: '/opt/k8s-tunnels/k8s-tunnels',
          args: ['credential', 'two'],
          interactiveMode: 'IfAvailable',
        },
      });
    }
    await kubeconfig.remove(source, ['one']);
    await kubeconfig.remove(source, ['two']);
    expect(await readFile(config)).toEqual(bytes);
    expect(await listing(root)).toEqual(['config', 'state']);
  });

  test('an appended comment by somebody else stays, and what was filled is as found', async () => {
    const { kubeconfig, source, config } = await bench();
    await seed(config, bytes);
    const before = kubectl === undefined ? undefined : await view(config);
    await kubeconfig.add(source, [entry('one')], { current: 'one' });
    await kubeconfig.add(source, [entry('two')], {});
    await seed(config, `${(await readFile(config, 'utf8')).trimEnd()}\n# from another hand\n`);
    await kubeconfig.remove(source, ['two']);
    await kubeconfig.remove(source, ['one']);
    const left = await readFile(config, 'utf8');
    expect(left).toContain('# from another hand');
    expect(left).not.toContain('k8s-tunnels');
    if (before !== undefined) expect(await view(config)).toEqual(before);
  });
});

describe.each(Object.entries(writtenOut))('%s', (_, yaml) => {
  test('kubectl reads all that it read before, and the bytes come back', async () => {
    const { kubeconfig, source, config, root } = await bench();
    await seed(config, yaml);
    const before = kubectl === undefined ? undefined : await view(config);
    await kubeconfig.add(source, [entry('one')], { current: 'one' });
    await kubeconfig.add(source, [entry('two', { namespace: 'team' })], {});
    expect(await kubeconfig.current(source)).toEqual({ context: 'one', id: 'one', file: config });
    if (before !== undefined) {
      const after = await view(config);
      expect(after['current-context']).toBe('one');
      for (const list of ['clusters', 'contexts', 'users'] as const)
        expect(after[list].filter(({ name }) => name !== 'one' && name !== 'two')).toEqual(before[list]);
      expect(after.clusters.map(({ name }) => name)).toEqual(expect.arrayContaining(['one', 'two']));
    }
    await kubeconfig.remove(source, ['one']);
    await kubeconfig.remove(source, ['two']);
    expect(await readFile(config, 'utf8')).toBe(yaml);
    expect(await listing(root)).toEqual(['config', 'state']);
  });
});

const refused: Readonly<Record<string, readonly [source: string | Uint8Array, code: string, line: number]>> =
  {
    'a name that occurs twice': [`clusters:\n${item}\n${item}\n`, 'kubeconfig-invalid', 4],
    'an alias without its anchor': ['x: 1\nclusters: *list\n', 'kubeconfig-invalid', 2],
    'an alias of what contains it': ['clusters: &list\n- *list\n', 'kubeconfig-invalid', 2],
    'a number as a name': [`clusters:\n${item}\n- cluster: {}\n  name: 8240e3\n`, 'kubeconfig-invalid', 5],
    'a number as a current-context': ['clusters: []\ncurrent-context: 20240101\n', 'kubeconfig-invalid', 2],
    'a number as a token': ['users:\n- name: a\n  user:\n    token: 017\n', 'kubeconfig-invalid', 4],
    'a boolean as a namespace': [
      'contexts:\n- name: a\n  context:\n    namespace: on\n',
      'kubeconfig-invalid',
      4,
    ],
    'a certificate that is not base64': [
      'clusters:\n- name: a\n  cluster:\n    certificate-authority-data: "@"\n',
      'kubeconfig-invalid',
      4,
    ],
    'two stanzas without a name': ['clusters:\n- cluster: {}\n- cluster: {}\n', 'kubeconfig-invalid', 3],
    'another kind': ['apiVersion: v1\nkind: List\n', 'kubeconfig-invalid', 2],
    'another version': ['apiVersion: v2\nkind: Config\n', 'kubeconfig-invalid', 1],
    'half a character of UTF-16': [
      Buffer.from('\ufeffkind', 'utf16le').subarray(0, -1),
      'kubeconfig-invalid',
      1,
    ],
    'bytes that are not UTF-8': [Buffer.from('kind: Config\n# caf\xe9\n', 'latin1'), 'kubeconfig-invalid', 2],
    'a tab as indentation': ['clusters:\n- name: mine\n  cluster:\n\t server: x\n', 'kubeconfig-invalid', 4],
    '`clusters: {}`': ['kind: Config\nclusters: {}\n', 'kubeconfig-invalid', 2],
    'a list at the top': ['- clusters\n', 'kubeconfig-invalid', 1],
    'an item that is no mapping': ['clusters:\n- mine\n', 'kubeconfig-invalid', 2],
  };

test.each(Object.entries(refused))(
  '%s: refused with the line, the file untouched',
  async (_, [yaml, code, line]) => {
    const { kubeconfig, source, config, root } = await bench();
    await seed(config, yaml);
    const attempt = kubeconfig.add(source, [entry('one')], { current: 'one' });
    await expect(attempt).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${config}, line ${line}: `),
    });
    expect(await readFile(config)).toEqual(Buffer.from(yaml));
    expect((await listing(root)).filter((name) => name !== 'state')).toEqual(['config']);
  },
);

test.each([
  [
    `clusters:\n${item}\n${item}\n`,
    'the name "mine" occurs twice in "clusters"',
    'Remove or rename one of the two: kubectl cannot read the file as it is.',
  ],
  [
    'users:\n- name: a\n  user: {token: 017}\n',
    '"token" of "user" of "a" in "users" is a number, where kubectl needs text',
    'kubectl cannot read the file as it is. Put it in quotes.',
  ],
  [
    'contexts:\n- name: a\n  context: {namespace: on}\n',
    '"namespace" of "context" of "a" in "contexts" is true or false, where kubectl needs text',
    'kubectl cannot read the file as it is. Put it in quotes.',
  ],
  [
    'preferences: {colors: red}\n',
    '"colors" of "preferences" is text, where kubectl needs true or false',
    'kubectl cannot read the file as it is.',
  ],
])('what kubectl refuses is named as what it is, with what to do: %j', async (yaml, message, hint) => {
  const { kubeconfig, source, config } = await bench();
  await seed(config, yaml);
  await expect(kubeconfig.add(source, [entry('one')], {})).rejects.toMatchObject({
    message: expect.stringContaining(message),
    hint,
  });
});

test.each(['yes', 'Off', 'null', '017', '1e3', 'a: b', '# c', 'mine', 'arn:aws:eks:eu-west-1:1:cluster/a'])(
  'the context %j of another program becomes current, as kubectl reads it',
  async (name) => {
    const { kubeconfig, source, config } = await bench();
    await seed(config, `contexts:\n- name: ${JSON.stringify(name)}\n  context: {cluster: c}\n`);
    await kubeconfig.switchForeign(source, name);
    expect(await kubeconfig.current(source)).toMatchObject({ context: name, id: undefined });
    if (kubectl !== undefined) expect((await view(config))['current-context']).toBe(name);
  },
);

withKubectl('names that YAML 1.1 would type are quoted, and kubectl reads them back', async () => {
  const { kubeconfig, source, config } = await bench();
  const names = [
    'yes',
    'on',
    'y',
    '017',
    '0x1f',
    '1e3',
    'null',
    '~',
    'a: b',
    '# c',
    'ü "q" \\ \u2028 \u0085 😀',
    '- d',
    '2026-01-01',
  ];
  const entries = names.map((name, index) => entry(`id-${index}`, { name, namespace: name }));
  const { contexts } = await kubeconfig.add(source, entries, { current: 'id-3' });
  expect([...contexts.values()]).toEqual(names);
  const seen = await view(config);
  expect(seen['current-context']).toBe('017');
  expect(seen.contexts.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  for (const { name, context } of seen.contexts)
    expect(context).toMatchObject({ cluster: name, namespace: name });
});
