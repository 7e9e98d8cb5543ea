import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  cluster,
  type GatewayRig,
  namespaces,
  passwordTrap,
  proxyClient,
  runOwn,
  startGatewayRig,
} from './gateway-rig.ts';
import { type OtherUser, otherUser } from './other-user.ts';

let other: OtherUser;
let rig: GatewayRig;

beforeAll(async () => {
  rig = await startGatewayRig();
});
afterAll(() => rig?.close());
beforeEach(async (context) => {
  other = await otherUser(context);
});
afterEach(() => other?.close());

const answers = { code: 0, stdout: expect.stringContaining('namespace/payments-staging') };

/** Starts a program of the other account that creates the file `ready` when it has begun. */
async function trap(port: number) {
  const ready = path.join(other.folder, `ready-${port}`);
  const caught = other.node(passwordTrap, [String(port), ready], { timeout: 60_000 });
  await vi.waitFor(() => expect(existsSync(ready)).toBe(true));
  return { caught: async () => JSON.parse(String((await caught).stdout)) as object };
}

test('a password that another account caught while no agent ran does not let it in; its owner it does', async () => {
  const entry = await rig.entry();
  const client = await rig.longRunning();
  await rig.commandLine.stop();
  const { caught } = await trap(entry.port);
  expect((await client.run(...namespaces)).code).toBe(1);
  expect(await caught()).toEqual({ user: entry.user, password: entry.password });

  // With no agent there, kubectl alone starts one; the client that read the kubeconfig before works on, too.
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
  expect(await rig.entry()).toEqual(entry);
  expect(await client.run(...namespaces)).toMatchObject(answers);

  for (const kind of ['socks', 'http']) {
    const own = await runOwn(proxyClient, [kind, JSON.stringify(entry)]);
    expect(own, kind).toMatch(kind === 'socks' ? /^0502010005000001/ : /^485454502f312e3120323030/);
    const { stdout } = await other.node(proxyClient, [kind, JSON.stringify(entry)]);
    expect(stdout, kind).toBe('');
  }
  expect(await rig.refused()).toMatchObject([
    { reason: 'account', account: other.name, port: entry.port, title: cluster },
  ]);
  const { notices } = await rig.status();
  const reported = notices.filter(({ message }) => message.includes(other.name));
  expect(reported.map(({ level }) => level)).toEqual(['warning']);
  expect(reported[0]?.message).toContain(`port ${entry.port} of ${cluster}`);
});

test('a client that runs on, as k9s does, keeps its proxy-url across the end of an agent', async () => {
  const client = await rig.longRunning();
  const before = await rig.entry();
  for (const end of ['kill', 'quit'] as const) {
    const { pid } = (await rig.status()).agent;
    if (end === 'kill') process.kill(pid, 'SIGKILL');
    else await rig.commandLine.stop();
    expect((await client.run(...namespaces)).code).toBe(1);
    expect((await rig.status()).agent.pid).not.toBe(pid);
    expect(await client.run(...namespaces)).toMatchObject(answers);
    expect(await rig.entry()).toEqual(before);
  }
});

test('a port that another account holds at the start moves, with a new password and a notice that names both', async () => {
  const before = await rig.entry();
  const client = await rig.longRunning();
  await rig.commandLine.stop();
  const { caught } = await trap(before.port);
  expect(await rig.status()).toMatchObject({ agent: { pid: expect.any(Number) } });
  const after = await vi.waitFor(async () => {
    const now = await rig.entry();
    expect(now.port).not.toBe(before.port);
    return now;
  });
  expect(after.password).not.toBe(before.password);
  expect(await rig.kubectl(...namespaces)).toMatchObject(answers);
  const { notices } = await rig.status();
  expect(notices.map(({ message }) => message)).toContain(
    `Port ${before.port} of ${cluster} is in use by a program of the account ${other.name}. ${cluster} has moved to port ${after.port}, with a new password.`,
  );
  // What the stranger gets of a client that runs on with the old entry opens nothing.
  await client.run(...namespaces);
  expect(await caught()).toEqual({ user: before.user, password: before.password });
  const stale = { ...after, password: before.password };
  expect(await runOwn(proxyClient, ['socks', JSON.stringify(stale)])).toBe('05020101');
});
