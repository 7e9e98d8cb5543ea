import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { pathsFrom } from '../../main/agent/paths.ts';
import type { Output } from '../../main/api/contract.ts';
import { processesOf } from '../e2e/processes.ts';
import { realDesktop } from './desktop-fixture.ts';

const title = 'payments-staging-eu';
const hostname = 'payments-staging.k8s.acme.example';
const desktop = realDesktop();

/** A short-lived one of the listed processes, the command line that connected, may have ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

test('a start and a reload log nothing but what was found', async () => {
  const { driver, world } = desktop();
  const page = await driver.page();
  const isThere = () => page.getByRole('switch', { name: `Connect ${title}` }).waitFor();
  await isThere();
  await page.reload();
  await isThere();
  const log = await readFile(path.join(pathsFrom(world.env).state, 'agent.log'), 'utf8');
  const lines = log.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['discovery finished']);
});

test('a link of the page opens in the browser, and one that is no page opens nothing', async () => {
  const { driver, world, commandLine } = desktop();
  const opened = path.join(world.home, 'opened');
  await writeFile(path.join(commandLine.bin, 'xdg-open'), `#!/bin/sh\necho "$1" >>'${opened}'\n`, {
    mode: 0o755,
  });
  const page = await driver.page();
  for (const url of ['file:///etc/passwd', 'https://docs.example/runbook'])
    await page.evaluate((address) => void window.open(address), url);
  await vi.waitFor(async () => {
    const [first = ''] = (await readFile(opened, 'utf8')).split('\n');
    // The address is in a page of our own, which other accounts cannot read.
    expect(await readFile(new URL(first), 'utf8')).toContain('https://docs.example/runbook');
  });
  expect((await readFile(opened, 'utf8')).trim().split('\n')).toHaveLength(1);
  expect(driver.electron.windows()).toHaveLength(1);
});

test('it quits where what has finalizers is collected at the very end', async () => {
  const { driver } = desktop();
  await (await driver.page()).getByRole('switch', { name: `Connect ${title}` }).waitFor();
  await driver.electron.evaluate(({ app }) => {
    const { setFlagsFromString } = process.getBuiltinModule('node:v8');
    setFlagsFromString('--expose-gc');
    const collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void;
    // Electron spins in its exit where at least two of them have something to tell.
    const registries = Array.from({ length: 20 }, () => new FinalizationRegistry(() => {}));
    for (const registry of registries) registry.register({}, undefined);
    Object.assign(globalThis, { registries });
    const exit = app.exit.bind(app);
    app.exit = (code) => {
      collect();
      exit(code);
    };
  });
  process.kill(driver.pid, 'SIGTERM');
  await driver.ended;
});

test('an app whose socket was replaced ends, and leaves that of the next agent alone', async () => {
  const { driver, world } = desktop();
  await (await driver.page()).getByRole('switch', { name: `Connect ${title}` }).waitFor();
  const { socket } = pathsFrom(world.env);
  const next = createServer().listen(`${socket}-next`);
  await once(next, 'listening');
  await rename(`${socket}-next`, socket);
  await driver.ended;
  expect((await lstat(socket)).isSocket()).toBe(true);
  next.close();
});

test('after sleep, a client that waited gets its answer on the same port', async (context) => {
  const { driver, world, commandLine } = desktop();
  const { kubectl } = commandLine;
  if (kubectl === undefined) return context.skip('kubectl is not installed');
  const page = await driver.page();
  await page.getByRole('switch', { name: `Connect ${title}` }).waitFor();
  await commandLine.tunnels('connect', title);
  const ports = async () =>
    (await commandLine.tunnels<Output<'snapshot'>>('status')).tunnels.map(({ port }) => port);
  const before = await ports();
  const family = (await processesOf(world.home)) ?? [];
  expect(family).toContain(driver.pid);

  for (const pid of family) signal(pid, 'SIGSTOP');
  const waiting = spawn(kubectl, ['--context', title, 'get', 'namespaces', '-o', 'name'], {
    env: commandLine.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  waiting.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  // What the edge does with connections that say nothing.
  expect(world.access.dropConnections(hostname)).toBeGreaterThan(0);
  for (const pid of family) signal(pid, 'SIGCONT');

  await once(waiting, 'close');
  expect(said).toContain('namespace/payments-staging');
  expect(await ports()).toEqual(before);
  const { agent } = await commandLine.tunnels<Output<'snapshot'>>('status');
  expect(agent.pid).toBe(driver.pid);
  await vi.waitFor(async () =>
    expect(await page.getByRole('switch', { name: `Connect ${title}` }).isChecked()).toBe(true),
  );
});

test('two users have an app, an agent and a port each, and one that quits leaves the other alone', async (context) => {
  const { driver, world, commandLine, items, start } = desktop();
  const { kubectl } = commandLine;
  if (kubectl === undefined) return context.skip('kubectl is not installed');
  const home = path.join(path.dirname(world.home), 'another');
  await mkdir(home, { mode: 0o700 });
  await cp(path.join(world.home, '.aws'), path.join(home, '.aws'), { recursive: true });
  const own = { HOME: home, KUBECONFIG: path.join(home, '.kube', 'config') };
  const other = await start({ env: own });
  expect(items().map(({ pid }) => pid)).toEqual([driver.pid, other.pid]);
  expect(other.pid).not.toBe(driver.pid);

  for (const app of [driver, other])
    await (await app.page()).getByRole('switch', { name: `Connect ${title}` }).press(' ');
  const namespaces = (KUBECONFIG: string) =>
    commandLine.run('env', [
      ...[`HOME=${path.dirname(path.dirname(KUBECONFIG))}`, `KUBECONFIG=${KUBECONFIG}`],
      ...[kubectl, '--context', title, 'get', 'namespaces', '-o', 'name'],
    ]);
  const files = [commandLine.env.KUBECONFIG ?? '', own.KUBECONFIG];
  for (const file of files)
    await vi.waitFor(async () =>
      expect((await namespaces(file)).stdout).toContain('namespace/payments-staging'),
    );
  const [one, two] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const portOf = (text = '') => /proxy-url: .*:(\d+)/.exec(text)?.[1];
  expect(portOf(one)).toBeDefined();
  expect(portOf(two)).not.toBe(portOf(one));

  process.kill(other.pid, 'SIGTERM');
  await other.ended;
  await vi.waitFor(() => expect(items().map(({ pid }) => pid)).toEqual([driver.pid]));
  expect((await namespaces(files[0] ?? '')).stdout).toContain('namespace/payments-staging');
});
