import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathsFrom } from '../../main/agent/paths.ts';
import { createUser, settings, type User } from './user.ts';

const windows = process.platform === 'win32';
const odd = [
  'two words',
  "it's",
  'a"b',
  '%PATH%',
  '$HOME',
  'C:\\ends\\',
  'a^b&c|d',
  'Łódź',
  '',
  '--flag=x y',
];
/** Wine's cmd.exe does not read the escapes that Windows' does, so they are plain. */
const plain = ['one', '--flag=two'];

describe('a credential plugin of a kubeconfig', () => {
  let user: User;
  let folder: string;
  const plugins = () => ({
    program: { command: settings.node, args: [path.join(folder, 'plug in.cjs'), ...odd] },
    ...(windows ? { batch: { command: 'plugin', args: plain } } : {}),
  });
  before(() => {
    user = createUser('Łukasz');
    folder = pathsFrom({ ...user.env }).config;
    const tools = path.join(user.home, 'Tools');
    for (const name of [folder, tools]) mkdirSync(name, { recursive: true });
    const script = path.join(folder, 'plug in.cjs');
    writeFileSync(
      script,
      `require('fs').writeFileSync(process.env.SEEN, JSON.stringify(process.argv.slice(2)));
       const kind = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
       console.log(JSON.stringify({ ...kind, status: { token: 'token-of-' + process.env.WHO } }));`,
    );
    // Named beside the batch file, whose bytes cmd.exe reads in a code page.
    copyFileSync(script, path.join(tools, 'copy.cjs'));
    // A script for other systems beside the batch file, as Azure's tools have it.
    writeFileSync(path.join(tools, 'plugin'), '#!/bin/sh\nexit 1\n');
    writeFileSync(path.join(tools, 'plugin.cmd'), `@"${settings.node}" "%~dp0copy.cjs" %*\r\n`);
    const all = plugins();
    for (const [name, exec] of Object.entries(all)) {
      const env = [
        { name: 'WHO', value: name },
        { name: 'SEEN', value: path.join(user.home, `${name}.json`) },
        { name: 'PATH', value: `${tools}${path.delimiter}${user.env.PATH ?? user.env.Path}` },
      ];
      const apiVersion = 'client.authentication.k8s.io/v1';
      writeFileSync(
        path.join(folder, `${name}.kubeconfig`),
        JSON.stringify({
          'current-context': name,
          contexts: [{ name, context: { cluster: name, user: name } }],
          clusters: [{ name, cluster: { server: 'https://k8s.depot-berlin.acme.internal:6443' } }],
          users: [{ name, user: { exec: { apiVersion, interactiveMode: 'Never', ...exec, env } } }],
        }),
        { mode: 0o600 },
      );
    }
    const file = path.join(folder, 'clusters.yaml');
    const line = (name: string) =>
      `- { name: garage-${name}, tags: { hostname: depot-berlin.k8s.acme.example, origin: tcp }, user: { kubeconfig: { file: ${name}.kubeconfig } } }\n`;
    writeFileSync(file, Object.keys(all).map(line).join(''));
    writeFileSync(path.join(folder, 'settings.json'), JSON.stringify({ clusterFiles: ['clusters.yaml'] }));
    if (!windows) chmodSync(folder, 0o700);
    const discovered = user.tunnels(['discover'], { PATH: `${tools}${path.delimiter}${user.env.PATH}` });
    assert.equal(discovered.code, 0, discovered.said);
  });
  after(() => {
    user.tunnels(['quit']);
  });

  const credential = (name: string) => {
    const { stdout } = user.tunnels(['list', '--all', '--json']);
    const { clusters } = JSON.parse(stdout) as { clusters: readonly { id: string; title: string }[] };
    const cluster = clusters.find(({ title }) => title === `garage-${name}`);
    assert.ok(cluster, stdout.slice(0, 500));
    const result = user.tunnels(['credential', cluster.id]);
    assert.equal(result.code, 0, result.said);
    assert.match(result.stdout, new RegExp(`"token-of-${name}"`));
    return JSON.parse(readFileSync(path.join(user.home, `${name}.json`), 'utf8')) as unknown;
  };

  test('gets its arguments word for word, whatever is in them', () => {
    assert.deepEqual(credential('program'), odd);
  });
  test('that is a batch file beside a script for other systems', { skip: !windows && 'batch files' }, () => {
    assert.deepEqual(credential('batch'), plain);
  });
});
