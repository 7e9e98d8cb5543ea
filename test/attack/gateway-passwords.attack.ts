import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Output } from '../../main/api/contract.ts';
import {
  cluster,
  type Entry,
  type GatewayRig,
  namespaces,
  proxyClient,
  runOwn,
  startGatewayRig,
} from './gateway-rig.ts';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await startGatewayRig();
});
afterAll(() => rig?.close());

const answers = { code: 0, stdout: expect.stringContaining('namespace/payments-staging') };
const kubeconfig = () => readFile(rig.world.env.KUBECONFIG ?? '', 'utf8');
const socks = (entry: Entry) => runOwn(proxyClient, ['socks', JSON.stringify(entry)]);
const http = async (entry: Entry) =>
  Buffer.from(await runOwn(proxyClient, ['http', JSON.stringify(entry)]), 'hex').toString();
const rotate = (...args: readonly string[]) => rig.commandLine.tunnels<Output<'rotate'>>('rotate', ...args);

async function expectRefused(entry: Entry): Promise<void> {
  expect(await socks(entry)).toBe('05020101');
  expect(await http(entry)).toContain('HTTP/1.1 407 ');
}

test('rotate replaces the password in place: the old one is refused, a connection that is open stays', async () => {
  const old = await rig.entry();
  const before = await kubeconfig();
  const client = await rig.longRunning();
  const watch = rig.commandLine.follow('kubectl', [
    ...['--kubeconfig', client.file, '--namespace', 'default'],
    ...['get', 'configmaps', '--watch', '-o', 'name'],
  ]);
  await watch.line(/^configmap\//);

  expect((await rotate(cluster)).rotated).toMatchObject([{ title: cluster }]);
  const now = await rig.entry();
  expect({ ...now, proxy: '', password: '' }).toEqual({ ...old, proxy: '', password: '' });
  expect(now.password).not.toBe(old.password);
  expect(await kubeconfig()).toBe(before.replace(old.password, now.password));
  await expectRefused(old);
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
  const fresh = await rig.longRunning();
  expect((await fresh.run('create', 'configmap', 'after-rotation', '-n', 'default')).code).toBe(0);
  await watch.line(/^configmap\/after-rotation$/);
  watch.stop();
});

test('rotate covers a cluster that is disconnected, and it connects again when kubectl uses it', async () => {
  await rig.commandLine.tunnels('disconnect', cluster);
  const old = await rig.entry();
  expect((await rotate('--all')).rotated).toMatchObject([{ title: cluster }]);
  expect((await rig.entry()).password).not.toBe(old.password);
  await expectRefused(old);
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
});

test('removed from the kubeconfig, a cluster has a new password when it is connected again', async () => {
  const old = await rig.entry();
  await rig.commandLine.tunnels('forget', cluster);
  await rig.commandLine.tunnels('connect', cluster);
  const now = await rig.entry();
  expect(now.port).toBe(old.port);
  expect(now.password).not.toBe(old.password);
  await expectRefused(old);
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
});

test('wrong passwords and TLS are each reported once, with the program', async () => {
  // A new agent: each is reported once until it starts again.
  await rig.commandLine.stop();
  await rig.status();
  const entry = await rig.entry();
  for (let round = 0; round < 3; round++) await expectRefused({ ...entry, password: 'wrong' });
  const hello = await runOwn(
    `import { connect } from 'node:tls';
     const socket = connect({ host: '127.0.0.1', port: ${entry.port} });
     socket.on('error', (error) => console.log('refused', error.code));
     socket.on('secureConnect', () => console.log('connected'));`,
    [],
  );
  expect(hello).toMatch(/^refused /);
  const program = { pid: expect.any(Number), name: path.basename(process.execPath) };
  // The newest first; what an earlier agent reported follows.
  expect((await rig.refused()).slice(0, 2)).toMatchObject([
    { reason: 'tls', port: entry.port, title: cluster, process: program },
    { reason: 'password', port: entry.port, title: cluster, process: program },
  ]);
  const { notices } = await rig.status();
  const reported = notices.map(({ message }) => message).filter((text) => text.includes(' was refused'));
  expect(reported).toHaveLength(2);
  expect(reported[0]).toContain(`sent a wrong password to port ${entry.port} of ${cluster}`);
  expect(reported[1]).toContain(`opened TLS on port ${entry.port} of ${cluster}`);
  const log = await readFile(path.join(rig.world.home, '.local/state/k8s-tunnels/agent.log'), 'utf8');
  expect(log).not.toContain(entry.password);
});

test('connecting warns, with the command, where others can read the kubeconfig', async () => {
  const file = rig.world.env.KUBECONFIG ?? '';
  const connect = () => rig.commandLine.tunnels<Output<'connect'>>('connect', cluster);
  await chmod(file, 0o644);
  const { results, warnings } = await connect();
  expect(results).toMatchObject([{ status: 'connected' }]);
  expect(warnings).toEqual([expect.stringMatching(/mode 0644.*Run: chmod 600 \S+$/)]);
  expect(warnings[0]).toContain(`chmod 600 ${file}`);
  await chmod(file, 0o600);
  expect((await connect()).warnings).toEqual([]);
  await rig.commandLine.tunnels('forget', cluster);
  await rm(file, { force: true });
  expect((await connect()).warnings).toEqual([]);
});

test('a first write to a kubeconfig that others can read is told of once, in the terminal and in a notice', async () => {
  const file = rig.world.env.KUBECONFIG ?? '';
  await rig.commandLine.tunnels('forget', cluster);
  await writeFile(file, 'apiVersion: v1\nkind: Config\n');
  await chmod(file, 0o604);
  const { code, stderr } = await rig.commandLine.run('k8s-tunnels', ['connect', cluster]);
  expect(code).toBe(0);
  expect(stderr.match(/mode 0604/g)).toHaveLength(1);
  expect(stderr).toContain(`chmod 600 ${file}`);
  expect(await kubeconfig()).toContain('proxy-url');
  expect((await rig.status()).notices.filter(({ message }) => message.includes('mode 0604'))).toHaveLength(1);
  await chmod(file, 0o600);
});
