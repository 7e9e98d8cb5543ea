import { afterEach, beforeEach, expect, test } from 'vitest';
import { comparisonText } from '../../main/cli/comparison-text.ts';
import type { Comparison } from '../../main/model/comparison.ts';
import { comparisonMarkdown } from '../../main/model/comparison-markdown.ts';
import { aCluster } from '../renderer/shown.ts';
import { type FakeAgent, startFakeAgent } from './fake-agent.ts';
import { type Home, makeHome, runCli } from './run-cli.ts';

let home: Home;
let agent: FakeAgent;
beforeEach(async () => {
  home = await makeHome();
  agent = await startFakeAgent(home.paths);
});
afterEach(async () => {
  await agent.close();
  await home.remove();
});

const run = (...args: readonly string[]) => runCli(['compare', ...args], { env: home.env });
const asked = () => agent.calls.find(({ name }) => name === 'compare')?.input;

test('prints a column for each cluster, marks what differs by a sign too, and names what could not be read', async () => {
  const { stdout, stderr, code } = await run('staging', 'prod');
  expect(stdout.trimEnd().split('\n')).toEqual(
    [
      '              staging  prod (production)',
      '   namespace  default  default',
      '   Cluster',
      '     version  v1.33.1  v1.33.1',
      '   Deployment/web',
      '     ready    3/3      3/3',
      '≠    image    app:1    app:2 ≠',
      '1 difference in 1 workload and the clusters.',
    ].map((line) => expect.stringMatching(sameWords(line))),
  );
  expect(stderr).toContain('! prod  nodes could not be read: No .');
  // Nodes are often not a user's to list.
  expect(code).toBe(0);
  expect(asked()).toMatchObject({ clusters: [{ cluster: 'staging' }, { cluster: 'prod' }] });
});

test('a cluster that cannot be read makes the result partial, and none at all fails', async () => {
  const partial = await run('staging', 'prod', 'dark', '--exit-code');
  expect(partial.code).toBe(7);
  expect(partial.stdout).toMatch(/✗ dark/);
  expect(partial.stderr).toContain('✗ dark  could not be read: dark answers 500 .');
});

test('takes a kind as kubectl names it, and namespaces for all or for one', async () => {
  const args = ['staging', 'prod', 'deploy', '-n', 'payments', '-n', 'prod=payments-live'];
  const { document, code } = await json(...args, '--different', '--exit-code');
  expect(code).toBe(1);
  expect(asked()).toMatchObject({
    clusters: [
      { cluster: 'staging', namespace: 'payments' },
      { cluster: 'prod', namespace: 'payments-live' },
    ],
    kind: 'Deployment',
  });
  expect(document).toMatchObject({
    cluster: [],
    workloads: [{ name: 'web', rows: [{ field: 'image', cells: [{ text: 'app:1' }, { differs: true }] }] }],
  });
});

const json = async (...args: readonly string[]) => {
  const { stdout, code } = await run(...args, '--json');
  return { code, document: JSON.parse(stdout) as Comparison };
};

test.each([
  [['staging'], 'two clusters or more'],
  [['staging', 'deployments'], 'deployments'],
  [['staging', 'prod', '-n', 'dark=x'], '--namespace dark=x names dark, which is not compared.'],
  [['staging', 'prod', '-n', 'UPPER'], 'namespace'],
])('refuses %j', async (args, text) => {
  const { stderr, code } = await run(...args);
  expect(stderr).toContain(text);
  expect([2, 4]).toContain(code);
});

const wide = (titles: readonly string[]): Comparison => ({
  clusters: titles.map((title) => ({ cluster: aCluster(title).id, title, namespace: 'default', gaps: [] })),
  cluster: [{ field: 'nodes', cells: titles.map(() => ({ text: '3' })), differs: false }],
  workloads: [
    {
      kind: 'Deployment',
      name: 'web',
      exists: titles.map((_, at) => (at === 1 ? { differs: true } : { text: 'yes' })),
      rows: [
        {
          field: 'image',
          container: 'app',
          cells: titles.map((_, at) =>
            at === 1 ? {} : at === 2 ? { text: 'app:2', differs: true } : { text: 'app:1' },
          ),
          differs: true,
        },
        {
          field: 'image',
          container: 'proxy',
          cells: titles.map((_, at) => (at === 1 ? {} : { text: 'envoy:1' })),
          differs: false,
        },
      ],
      differs: true,
    },
  ],
  differences: 2,
});

test('prints Markdown in which a value of a cluster is text', async () => {
  const { stdout, code } = await run('staging', 'prod', '-o', 'markdown', '--different');
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    '|  | staging<br>default | prod<br>default |',
    '| --- | --- | --- |',
    '| **Deployment/web** |  |  |',
    '| image | app\\:1 | app\\:2 ≠ |',
  ]);
  expect((await run('staging', 'prod', '-o', 'yaml')).code).toBe(2);
  const comparison = wide(['<img src=x> | [a](http://b)', 'b']);
  expect(comparisonMarkdown(comparison).split('\n')[0]).toBe(
    '|  | &lt;img src=x&gt; \\| \\[a\\]\\(http\\://b\\)<br>default | b<br>default |',
  );
});

test('where the table is wider than the terminal, each workload is a block of its own', () => {
  const comparison = wide(['first', 'second', 'third']);
  expect(comparisonText(comparison, 80)[0]).toMatch(/first +second +third/);
  expect(comparisonText(comparison, 40)).toEqual([
    '  Cluster',
    '    nodes  3',
    '≠ Deployment/web',
    '    second  missing ≠',
    '≠   image app',
    '      first  app:1',
    '      third  app:2 ≠',
    '    image proxy  envoy:1',
  ]);
});

/** Matches a line whatever the width of its columns. */
function sameWords(line: string): RegExp {
  const words = line
    .trim()
    .split(/ +/)
    .map((word) => word.replace(/[()/.]/g, '\\$&'));
  return new RegExp(`^ *${words.join(' +')}$`);
}
