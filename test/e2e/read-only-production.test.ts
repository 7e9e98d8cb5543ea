import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { root } from '../cli/run-cli.ts';
import { runInTerminal } from '../cli/terminal.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';

// An organisation lets production open read-only while one of its clusters is connected, by the built command line and a
// real kubectl.

const production = 'payments-prod-eu';
const program = path.join(root, 'out/cli/k8s-tunnels.cjs');
const script = await execa('script', ['--version'], { reject: false });

interface Entry {
  readonly clusters: { name: string; cluster: Record<string, string> }[];
  readonly users: { name: string; user: Record<string, unknown> }[];
}

let world: World;
let commandLine: CommandLine;
let managed: string;
let config: string;
let old: string;
beforeAll(async () => {
  world = await startWorld();
  managed = path.join(world.home, 'managed.yaml');
  config = world.env.KUBECONFIG ?? '';
  old = path.join(world.home, 'old.yaml');
  commandLine = await createCommandLine(world, { K8S_TUNNELS_MANAGED_CONFIG: managed });
}, 60_000);
beforeEach((context) => context.skip(whyNoKubectl !== undefined, whyNoKubectl));
afterAll(async () => {
  await commandLine?.stop();
  await world?.close();
});

const run = (...args: readonly string[]) => commandLine.run('k8s-tunnels', args);
const kubectl = (...args: readonly string[]) =>
  commandLine.run(commandLine.kubectl ?? 'kubectl', ['--context', production, ...args]);
const withFile = (file: string, ...args: readonly string[]) =>
  commandLine.run(commandLine.kubectl ?? 'kubectl', ['--kubeconfig', file, '--context', production, ...args]);
const entryIn = async (file: string) => {
  const { clusters, users } = parse(await readFile(file, 'utf8')) as Entry;
  return {
    cluster: clusters.find(({ name }) => name === production)?.cluster ?? {},
    user: users.find(({ name }) => name === production)?.user ?? {},
  };
};

test('what is connected becomes read-only, is unlocked with a reason in a terminal, and locked again', async (context) => {
  context.skip(script.exitCode !== 0, 'script is not installed');
  await commandLine.tunnels('connect', production, '--add');
  expect((await entryIn(config)).cluster['proxy-url']).toMatch(/^socks5:/);
  await writeFile(old, await readFile(config));
  const pods = (
    await kubectl(
      'get',
      'pods',
      '-A',
      '-o',
      'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {end}',
    )
  ).stdout
    .trim()
    .split(' ')
    .map((one) => one.split('/') as [string, string]);
  const [first, second] = pods;
  if (first === undefined || second === undefined) throw new Error('there are no pods');
  const remove = ([namespace, name]: [string, string]) => [
    'delete',
    'pod',
    '-n',
    namespace,
    name,
    '--wait=false',
  ];

  await writeFile(managed, 'version: 1\nname: Acme\nproduction: {readOnly: true, unlockMinutes: 20}\n', {
    mode: 0o600,
  });
  expect((await run('setup', '--refresh')).code).toBe(0);
  await vi.waitFor(
    async () => expect((await entryIn(config)).cluster.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/),
    { timeout: 15_000, interval: 50 },
  );
  expect(new Set(Object.keys((await entryIn(config)).user))).toEqual(new Set(['token', 'extensions']));

  // It is read, and nothing else, whatever the file.
  expect(await kubectl('get', 'pods', '-A')).toMatchObject({ code: 0 });
  const refusal = `${production} is a production cluster, which opens read-only`;
  const refused = await kubectl(...remove(first));
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain(`${refusal}: delete pods is not allowed`);
  expect(refused.stderr).toContain(`k8s-tunnels unlock ${production} --reason TEXT`);
  const separate = path.join(world.home, 'separate.yaml');
  expect((await run('kubeconfig', production, '--for', separate)).code).toBe(0);
  expect((await withFile(separate, ...remove(first))).stderr).toContain(refusal);
  expect((await run('exec', production, '--', 'kubectl', ...remove(first))).stderr).toContain(refusal);
  // A copy of the entry of before has no way around it: no credential, and no connection for another one's.
  const copied = await withFile(old, 'get', 'pods', '-A');
  expect(copied.code).not.toBe(0);
  expect(copied.stderr).toContain('which opens read-only');
  const credential = await run('credential', production);
  expect([credential.code === 0, credential.stdout]).toEqual([false, '']);
  const parsed = parse(await readFile(old, 'utf8')) as Entry;
  for (const one of parsed.users) one.user = { token: 'from-elsewhere' };
  await writeFile(old, stringify(parsed));
  expect((await withFile(old, 'get', 'pods', '-A')).stderr).toMatch(/socks connect/);
  // Nobody switches it off.
  expect(await run('settings', 'productionReadOnly', 'false')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Acme manages the setting productionReadOnly'),
  });

  const unlock = ['unlock', production, '--reason', 'INC-4711: restart', '--for', '15m'];
  expect((await run(...unlock)).code).toBe(2);
  expect((await run(...unlock.slice(0, -1), '30m')).stderr).toContain('for 20 minutes at most');
  const yes = await runInTerminal({
    args: unlock,
    env: commandLine.env,
    program,
    when: 'Unlock it?',
    keys: '\u001b[D\r',
  });
  expect(yes).toMatchObject({ code: 0, screen: expect.stringContaining('is unlocked for') });
  const { unlocks } = await commandLine.tunnels<{ unlocks: readonly { who: string }[] }>('status');
  expect(unlocks).toMatchObject([{ title: production, reason: 'INC-4711: restart' }]);
  expect(await kubectl(...remove(first))).toMatchObject({ code: 0 });

  expect((await run('lock', production)).stdout).toBe(`${production} is read-only again.\n`);
  expect((await kubectl(...remove(second))).stderr).toContain(refusal);
  const { entries } = await commandLine.tunnels<Output<'activity'>>('activity');
  expect(entries.filter(({ kind }) => kind === 'unlocked' || kind === 'locked')).toMatchObject([
    { kind: 'locked', by: 'user', title: production, reason: 'INC-4711: restart', who: unlocks[0]?.who },
    { kind: 'unlocked', title: production, reason: 'INC-4711: restart', who: unlocks[0]?.who },
  ]);
}, 120_000);
