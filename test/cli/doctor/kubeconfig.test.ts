import { chmod, lutimes, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkEntries } from '../../../main/cli/doctor/checks/entries.ts';
import { checkKubeconfigs } from '../../../main/cli/doctor/checks/kubeconfig.ts';
import { applyFixes } from '../../../main/cli/doctor/fixes.ts';
import { readKubeconfigs } from '../../../main/cli/doctor/probes/kubeconfig.ts';
import { bench, listing, seed, text } from '../../agent/kubeconfig/bench.ts';
import { entry } from '../../agent/kubeconfig/entry.ts';
import { facts } from './facts.ts';

// Real files, written by the editor and then changed as other programs and users change them.

const usable = (id: string) =>
  entry(id, {
    user: {
      kind: 'exec',
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['credential', id],
      interactiveMode: 'IfAvailable',
    },
  });

async function home() {
  const bed = await bench();
  const look = (source = bed.source) =>
    readKubeconfigs({ source, state: bed.state, worker: undefined }).then((kubeconfig) => {
      const all = facts({ kubeconfig });
      return { kubeconfig, findings: [...checkKubeconfigs(all), ...checkEntries(all)] };
    });
  const found = async (source = bed.source) =>
    (await look(source)).findings.map(
      ({ code, subject }) => `${code} ${subject.replace(`${bed.root}${path.sep}`, '')}`,
    );
  const change = async (edit: (config: Config) => void) => {
    const config = parse(await text(bed.config)) as Config;
    edit(config);
    await seed(bed.config, stringify(config));
  };
  return { ...bed, look, found, change };
}

interface Config {
  clusters: { name: string; cluster: Record<string, unknown> }[];
  contexts: { name: string }[];
  users: { name: string; user: { exec: { command: string } } }[];
}

test('a kubeconfig as the agent wrote it has nothing wrong, and its entries say how they lead to the API', async () => {
  const { source, kubeconfig, look } = await home();
  await kubeconfig.add(
    source,
    [
      usable('a'),
      entry('b', {
        cluster: { server: 'https://127.0.0.1:20999' },
        user: { kind: 'token', token: 'secret-token' },
      }),
    ],
    { current: 'a' },
  );
  const { findings, kubeconfig: known } = await look();
  expect(findings).toEqual([]);
  expect(known.entries).toMatchObject([
    { id: 'a', form: 'socks5', port: 20_123, status: 'intact', isListed: true },
    { id: 'b', form: 'tls', port: 20_999, status: 'intact' },
  ]);
  expect(known.entries[0]?.server?.hostname).toBe('a.example');
});

test('what another program took out of an entry is named', async () => {
  const { source, kubeconfig, look, change } = await home();
  await kubeconfig.add(source, [usable('a'), usable('b'), usable('c'), usable('d')], {});
  await change((config) => {
    delete config.clusters.find(({ name }) => name === 'a')?.cluster['proxy-url'];
    config.users = config.users.filter(({ name }) => name !== 'b');
    config.contexts = config.contexts.filter(({ name }) => name !== 'c');
    for (const list of ['clusters', 'contexts', 'users'] as const)
      config[list] = (config[list] as { name: string }[]).filter(({ name }) => name !== 'd') as never;
  });
  const { findings } = await look();
  expect(findings.map(({ code, subject, reason }) => [code, subject, reason])).toEqual([
    ['entry-changed', 'a', expect.stringContaining('took its proxy-url out of')],
    ['entry-changed', 'b', expect.stringContaining('took its user out of')],
    ['entry-deleted', 'c', expect.stringContaining('Its context was deleted')],
    ['entry-deleted', 'd', expect.stringContaining('Its entry was deleted')],
  ]);
  // Without an agent, nobody knows how the cluster is reached.
  expect(findings.map(({ isFixable }) => isFixable)).toEqual([false, false, false, false]);
});

test('a plugin that does not exist is named', async () => {
  const { source, kubeconfig, look } = await home();
  await kubeconfig.add(source, [entry('a')], {});
  const { findings } = await look();
  expect(findings).toMatchObject([
    { code: 'entry-plugin-missing', reason: expect.stringContaining('/opt/k8s-tunnels/k8s-tunnels') },
  ]);
});

test('a file that kubectl refuses is named, and the entries of other files are checked', async () => {
  const { root, config, source, sourceOf, kubeconfig, found, change } = await home();
  await kubeconfig.add(source, [usable('a')], {});
  await change((one) => delete one.clusters[0]?.cluster['proxy-url']);
  const broken = path.join(root, 'broken');
  await seed(broken, 'clusters: [\n');
  expect(await found(sourceOf(config, broken))).toEqual(['kubeconfig-unusable broken', 'entry-changed a']);
  // One that names no file at all.
  expect(await found(sourceOf('', ''))).toEqual([
    'kubeconfig-unusable KUBECONFIG',
    'entry-changed a',
    'kubeconfig-elsewhere config',
  ]);
});

test('links that lead nowhere, files that others read, hidden names, a second document, a lost context', async () => {
  const { root, config, source, sourceOf, kubeconfig, found } = await home();
  await kubeconfig.add(source, [usable('a')], {});
  const second = path.join(root, 'second');
  const stanza = `- name: a\n  cluster: {server: "https://a"}\n`;
  await seed(second, `clusters:\n${stanza}current-context: nowhere\n---\nclusters: []\n`);
  await symlink('gone', path.join(root, 'link'));
  if (process.platform !== 'win32') await chmod(config, 0o644);
  expect(await found(sourceOf(config, second, path.join(root, 'link'), config))).toEqual([
    'kubeconfig-list KUBECONFIG',
    'kubeconfig-dangling-link link',
    ...(process.platform === 'win32' ? [] : ['kubeconfig-open config']),
    'kubeconfig-second-document second',
    'kubeconfig-hidden-name second',
    'kubeconfig-lost-context second',
  ]);
});

test.skipIf(process.platform === 'win32')(
  'a lock of a process that has ended is removed with --fix; one of another program is named and left',
  async () => {
    const { root, config, source, sourceOf, kubeconfig, look } = await home();
    await kubeconfig.add(source, [usable('a')], {});
    const other = path.join(root, 'other');
    await seed(other, '{}\n');
    const ended = JSON.stringify({ app: 'k8s-tunnels', pid: 2 ** 22 + 1, startTime: 0 });
    await symlink(ended, `${config}.lock`);
    await writeFile(`${other}.lock`, '', { mode: 0o000 });
    const then = new Date(Date.now() - 3 * 3_600_000);
    await utimes(`${other}.lock`, then, then);
    await lutimes(`${config}.lock`, then, then);
    const { findings } = await look(sourceOf(config, other));
    expect(
      findings.map(({ code, subject, reason, isFixable }) => [code, subject, reason, isFixable]),
    ).toEqual([
      [
        'lock-left',
        `${config}.lock`,
        expect.stringMatching(/process \d+\), which has ended, and is 3h/),
        true,
      ],
      ['lock-abandoned', `${other}.lock`, expect.stringMatching(/by another program for 3h/), false],
    ]);
    // Looking has removed nothing.
    expect(await listing(root)).toContain('config.lock');
    const { fixed, left } = await applyFixes(findings, async () => new Set());
    expect(fixed).toEqual([{ code: 'lock-left', subject: `${config}.lock`, done: 'The lock was removed.' }]);
    expect(left.map(({ code }) => code)).toEqual(['lock-abandoned']);
    expect(await listing(root)).not.toContain('config.lock');
    expect(await listing(root)).toContain('other.lock');
  },
);

test.skipIf(process.platform === 'win32')('a lock that is held now is nothing to report', async () => {
  const { config, source, kubeconfig, found } = await home();
  await kubeconfig.add(source, [usable('a')], {});
  await writeFile(`${config}.lock`, '');
  expect(await found()).toEqual([]);
});

test('a journal that is not ours to read is named and stays where it is', async () => {
  const { state, source, kubeconfig, look } = await home();
  await kubeconfig.add(source, [usable('a')], {});
  await writeFile(path.join(state, 'journal.json'), '{"version":1,"data":[');
  const { kubeconfig: known } = await look();
  expect(known).toMatchObject({ entries: [], invalid: [path.join(state, 'journal.json')] });
  expect(await listing(state)).toContain('journal.json');
});
