import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type GatewayRig,
  namespaces,
  passwordTrap,
  proxyClient,
  runOwn,
  startGatewayRig,
} from './gateway-rig.ts';
import { type OtherUser, otherUser } from './other-user.ts';

let rig: GatewayRig;
let other: OtherUser;
beforeAll(async () => {
  rig = await startGatewayRig();
});
afterAll(() => rig?.close());

/** A /proc of its own without /proc/net (proc(5), `subset=pid`): the agent cannot tell whose a connection is. */
const withoutTable = 'mount -t proc -o subset=pid proc /proc && exec k8s-tunnels agent';
const startUnchecked = async () => {
  const agent = rig.commandLine.follow('unshare', ['--mount', 'sh', '-c', withoutTable]);
  await agent.line(/is running \(process/);
};

test('where clients cannot be checked, what another account caught while no agent ran is worth nothing', async (context) => {
  other = await otherUser(context);
  try {
    await rig.commandLine.stop();
    await startUnchecked();
    const before = await rig.entry();
    expect(await rig.kubectl(...namespaces)).toMatchObject({ code: 0 });
    // It is no check that lets everybody in: who knows no password is refused.
    const stranger = { ...before, password: 'x'.repeat(before.password.length) };
    expect((await other.node(proxyClient, ['socks', JSON.stringify(stranger)])).stdout).toBe('05020101');

    const client = await rig.longRunning();
    await rig.commandLine.stop();
    const ready = path.join(other.folder, 'ready');
    const caught = other.node(passwordTrap, [String(before.port), ready], { timeout: 60_000 });
    await vi.waitFor(() => expect(existsSync(ready)).toBe(true));
    await client.run(...namespaces);
    expect(JSON.parse(String((await caught).stdout))).toEqual({
      user: before.user,
      password: before.password,
    });

    await startUnchecked();
    const after = await vi.waitFor(async () => {
      const now = await rig.entry();
      expect(now.password).not.toBe(before.password);
      return now;
    });
    const stale = JSON.stringify({ ...after, password: before.password });
    expect((await other.node(proxyClient, ['socks', stale])).stdout).toBe('05020101');
    expect(await runOwn(proxyClient, ['socks', stale])).toBe('05020101');
    expect(await rig.kubectl(...namespaces)).toMatchObject({ code: 0 });
  } finally {
    await other.close();
  }
});
