import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cluster, type GatewayRig, memoryOf, namespaces, startGatewayRig } from './gateway-rig.ts';
import { otherUser } from './other-user.ts';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await startGatewayRig();
});
afterAll(() => rig?.close());

const answers = { code: 0, stdout: expect.stringContaining('namespace/payments-staging') };

/**
 * Keeps many connections open, and opens another for each that is closed, until a file is there. Half of them say
 * nothing, the others begin a greeting. Arguments: port, how many at once, the file.
 */
const flood = `
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
const [port, atOnce, end] = process.argv.slice(-3);
let begun = 0;
const open = () => {
  begun += 1;
  const isSilent = begun % 2 === 0;
  const client = connect(Number(port), '127.0.0.1', () => isSilent || client.write(Buffer.of(5)));
  client.on('error', () => {});
  client.once('close', open);
};
for (let i = 0; i < Number(atOnce); i += 1) open();
setInterval(() => existsSync(end) && process.exit(0), 50);
setTimeout(() => process.exit(0), 30000);
`;
const floodArgs = (port: number, atOnce: number, end: string) => [String(port), String(atOnce), end];

/** File descriptors of a process: each connection is one. */
const descriptors = async (pid: number) => (await readdir(`/proc/${pid}/fd`)).length;

/** The same, once the connections of an earlier flood have closed. */
async function descriptorsAtRest(pid: number): Promise<number> {
  for (let before = await descriptors(pid); ; ) {
    await delay(500);
    const now = await descriptors(pid);
    if (now >= before) return now;
    before = now;
  }
}

/** Runs kubectl while a flood goes on. Resolves with the most descriptors that the agent had open meanwhile. */
async function whileFlooded(pid: number): Promise<number> {
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      most = Math.max(most, await descriptors(pid));
      await delay(20);
    }
  })();
  try {
    for (let round = 0; round < 3; round++) expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
  } finally {
    isOver = true;
    await watching;
  }
  return most;
}

test('a flood from another account takes no connection and no memory from the proven ones', {
  timeout: 120_000,
}, async (context) => {
  const other = await otherUser(context);
  try {
    const { port } = await rig.entry();
    const { pid } = (await rig.status()).agent;
    const client = await rig.longRunning();
    const watch = rig.commandLine.follow('kubectl', [
      ...['--kubeconfig', client.file, '--namespace', 'default'],
      ...['get', 'configmaps', '--watch', '-o', 'name'],
    ]);
    await watch.line(/^configmap\//);
    const before = await memoryOf(pid);
    const end = path.join(other.folder, 'end');
    const flooding = other.node(flood, floodArgs(port, 1_500, end));
    await vi.waitFor(async () => expect(await rig.refused()).toHaveLength(1), { timeout: 20_000 });
    const most = await whileFlooded(pid);
    await writeFile(end, '');
    await flooding;
    // The test's flood has 1,500 at once; each is closed as soon as its account is known.
    expect(most).toBeLessThan(1_400);
    // Tens of thousands of sockets came and went: what V8 has not collected yet is no memory that they take.
    expect((await memoryOf(pid)) - before).toBeLessThan(256);
    expect((await client.run('create', 'configmap', 'after-flood', '-n', 'default')).code).toBe(0);
    await watch.line(/^configmap\/after-flood$/);
    watch.stop();
    expect(await rig.refused()).toHaveLength(1);
  } finally {
    await other.close();
  }
});

const ownFlood = (port: number, atOnce: number) =>
  rig.commandLine.follow(process.execPath, [
    ...['--input-type=module', '--eval', flood, '--'],
    ...floodArgs(port, atOnce, '/nowhere'),
  ]);

test('connections of own programs that prove nothing are capped; kubectl gets through', {
  timeout: 120_000,
}, async () => {
  const { port } = await rig.entry();
  const { pid } = (await rig.status()).agent;
  const before = await descriptorsAtRest(pid);
  const flooding = ownFlood(port, 1_500);
  await vi.waitFor(async () => expect(await descriptors(pid)).toBeGreaterThan(before + 1_000), {
    timeout: 20_000,
  });
  const most = await whileFlooded(pid);
  flooding.stop();
  expect(most - before).toBeLessThan(1_024 + 100);
});

test('an agent that can open no more files lives on, and works again when it can', async () => {
  await rig.commandLine.stop();
  const limited = rig.commandLine.follow('prlimit', ['--nofile=100:100', 'k8s-tunnels', 'agent']);
  await limited.line(/^Agent .* is running/);
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
  const { port } = await rig.entry();
  const { pid } = (await rig.status()).agent;
  const flooding = ownFlood(port, 300);
  const log = path.join(rig.world.home, '.local/state/k8s-tunnels/agent.log');
  await vi.waitFor(
    async () => expect(await readFile(log, 'utf8')).toContain('The network interfaces cannot be read'),
    { timeout: 14_000, interval: 100 },
  );
  flooding.stop();
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
  expect((await rig.status()).agent.pid).toBe(pid);
  expect((await rig.status()).tunnels).toMatchObject([{ title: cluster }]);
});
