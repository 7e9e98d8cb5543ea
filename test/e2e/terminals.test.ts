import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { builtProgram } from '../cli/run-cli.ts';
import { startInTerminal } from '../cli/terminal.ts';
import { type CommandLine, createCommandLine } from '../world/demo/command-line.ts';
import { startWorld, type World } from '../world/world.ts';

/** Terminals on a cluster each, with the built command line, real shells and a real kubectl. */

const own =
  'apiVersion: v1\nkind: Config\ncontexts: [{name: mine, context: {}}]\nclusters: []\nusers: []\ncurrent-context: mine\n';
const [payments, search, production] = ['payments-staging-eu', 'search-staging', 'payments-prod-eu'] as const;
const has = async (program: string) =>
  (await execa(program, ['--version'], { reject: false, stdin: 'ignore' })).exitCode === 0;
const there = {
  kubectl: (await execa('kubectl', ['version', '--client'], { reject: false })).exitCode === 0,
  script: await has('script'),
  bash: await has('bash'),
  zsh: await has('zsh'),
  fish: await has('fish'),
};

let world: World;
let commandLine: CommandLine;
let file: string;
let folder: string;

/** One world for all: each test leaves it as it was. */
beforeAll(async () => {
  if (!there.kubectl || !there.script) return;
  world = await startWorld();
  commandLine = await createCommandLine(world);
  file = world.env.KUBECONFIG ?? '';
  folder = path.join(pathsFrom(world.env).state, 'terminals');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, own, { mode: 0o600 });
});
beforeEach((context) => {
  context.skip(!there.kubectl, 'kubectl is not installed');
  context.skip(!there.script, 'script is not installed');
});
afterEach(async () => {
  if (there.kubectl && there.script) expect(await readFile(file, 'utf8')).toBe(own);
});
afterAll(async () => {
  await commandLine?.stop();
  await world?.close();
});

const status = () => commandLine.tunnels<Output<'snapshot'>>('status');
const run = (...args: readonly string[]) => commandLine.run('k8s-tunnels', args);
const files = async () => (existsSync(folder) ? readdir(folder) : []);
const openShell = (cluster: string, ...more: readonly string[]) =>
  startInTerminal({ args: ['shell', cluster, ...more], env: commandLine.env, program: builtProgram });
const line = 'kubectl get namespaces -o name; kubectl config current-context; echo "file=$KUBECONFIG="\n';

for (const shell of ['bash', 'zsh', 'fish'] as const)
  test(`two ${shell}s on two clusters at once: each kubectl reaches its own, and the global context stays`, async (context) => {
    context.skip(!there[shell], `${shell} is not installed`);
    const one = openShell(payments, '--shell', shell);
    const other = openShell(search, '--shell', shell, '-n', 'search-staging');
    // The prompt.
    await one.shows(/\(payments-staging-eu\) /);
    await other.shows(/\(search-staging:search-staging\) /);
    one.press(line);
    other.press(line);
    await one.shows(/namespace\/payments-staging/);
    await other.shows(/namespace\/search-staging/);
    const [, oneFile = ''] = await one.shows(/file=(\/.*\/terminals\/[0-9a-f]{16}\/config)=/);
    const [, otherFile = ''] = await other.shows(/file=(\/.*\/terminals\/[0-9a-f]{16}\/config)=/);
    expect(one.screen()).not.toContain('namespace/search-staging');
    expect(other.screen()).not.toContain('namespace/payments-staging');
    expect((await stat(oneFile)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(oneFile))).mode & 0o777).toBe(0o700);
    expect(oneFile).not.toBe(otherFile);
    expect(await readFile(file, 'utf8')).toBe(own);
    expect((await commandLine.run('kubectl', ['config', 'current-context'])).stdout).toBe('mine\n');
    expect((await status()).terminals).toMatchObject([
      { title: payments, kind: 'shell' },
      { title: search, kind: 'shell', namespace: 'search-staging' },
    ]);
    // Its exit code is that of the shell.
    one.press('exit 3\n');
    other.press('exit\n');
    expect([await one.ended, await other.ended]).toEqual([3, 0]);
    expect(await files()).toEqual([]);
    expect((await status()).tunnels).toEqual([]);
  });

test('ends clean when the shell or the command line is killed', async () => {
  for (const victim of ['shell', 'command line'] as const) {
    const terminal = openShell(production, '--shell', 'bash');
    await terminal.shows(/\(payments-prod-eu production\) /);
    const [known] = (await status()).terminals ?? [];
    expect(known).toMatchObject({ kind: 'shell', production: true });
    const shell = known?.pid ?? 0;
    const stat = await readFile(`/proc/${shell}/stat`, 'utf8');
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    process.kill(victim === 'shell' ? shell : Number(parent), 'SIGKILL');
    await terminal.ended;
    await vi.waitFor(async () => expect(await files()).toEqual([]));
    // The tunnel closes after its file has gone.
    await vi.waitFor(async () => expect(await status()).toMatchObject({ terminals: [], tunnels: [] }));
  }
  expect(await readFile(file, 'utf8')).toBe(own);
});

test('a shell goes on when the agent is killed, and its next command starts one', async () => {
  const terminal = openShell(payments, '--shell', 'bash');
  await terminal.shows(/\(payments-staging-eu\) /);
  process.kill((await status()).agent.pid, 'SIGKILL');
  terminal.press('kubectl get namespaces -o name\n');
  await terminal.shows(/namespace\/payments-staging/);
  terminal.press('exit\n');
  expect(await terminal.ended).toBe(0);
  expect(await files()).toEqual([]);
});

for (const [shell, script] of [
  ['bash', `eval "$(k8s-tunnels env ${payments})"; kubectl get namespaces -o name; echo "$KUBECONFIG"`],
  ['zsh', `eval "$(k8s-tunnels env ${payments})"; kubectl get namespaces -o name; echo "$KUBECONFIG"`],
  ['fish', `k8s-tunnels env ${payments} | source; kubectl get namespaces -o name; echo "$KUBECONFIG"`],
] as const)
  test(`env sets the cluster of one ${shell}, with which its kubeconfig ends`, async (context) => {
    context.skip(!there[shell], `${shell} is not installed`);
    const { code, stdout } = await commandLine.run(shell, ['-c', script]);
    expect(code).toBe(0);
    expect(stdout).toContain('namespace/payments-staging');
    expect(stdout.trim().split('\n').at(-1)).toMatch(/\/terminals\/[0-9a-f]{16}\/config$/);
    expect(await readFile(file, 'utf8')).toBe(own);
    await vi.waitFor(async () => expect(await files()).toEqual([]));
  });

test('exec runs a command for each cluster: its output by cluster, one exit code', async () => {
  const one = await run('exec', payments, '--', 'kubectl', 'get', 'namespaces', '-o', 'name');
  expect(one.code).toBe(0);
  expect(one.stdout).toContain('namespace/payments-staging\n');
  expect(one.stdout).not.toContain('==>');
  for (const how of [[], ['--parallel']]) {
    const both = await run(
      'exec',
      payments,
      search,
      ...how,
      '--',
      'kubectl',
      'get',
      'namespaces',
      '-o',
      'name',
    );
    expect(both.code).toBe(0);
    const parts = both.stdout.split(/^==> /m);
    expect(parts.find((part) => part.startsWith(payments))).toContain('namespace/payments-staging\n');
    expect(parts.find((part) => part.startsWith(search))).toContain('namespace/search-staging\n');
  }
  expect((await run('exec', payments, '--', 'sh', '-c', 'exit 7')).code).toBe(7);
  expect((await run('exec', payments, search, '--', 'sh', '-c', 'exit 7')).code).toBe(7);
  const differs = `[ "$K8S_TUNNELS_CONTEXT" = ${search} ] || exit 7`;
  expect((await run('exec', payments, search, '--', 'sh', '-c', differs)).code).toBe(1);
  const { results } = JSON.parse(
    (
      await run(
        'exec',
        payments,
        search,
        '-n',
        'web',
        '--json',
        '--',
        'sh',
        '-c',
        'echo "$K8S_TUNNELS_NAMESPACE"; exit 3',
      )
    ).stdout,
  );
  expect(results).toMatchObject([
    { context: payments, namespace: 'web', exitCode: 3, stdout: 'web\n' },
    { context: search, namespace: 'web', exitCode: 3, stdout: 'web\n' },
  ]);
  expect(await readFile(file, 'utf8')).toBe(own);
  expect(await files()).toEqual([]);
});
