import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../../main/agent/parts.ts';
import { createVaultRenewals, type VaultRenewals } from '../../../../main/agent/providers/vault/renewals.ts';
import { defaultPlan } from '../../../world/plan.ts';
import { Traffic } from '../../../world/traffic.ts';
import { startVault, type Vault } from '../../../world/vault/server.ts';
import { type Rig, startRig } from '../../logins/rig.ts';

let rig: Rig;
let vault: Vault;
let traffic: Traffic;
let notices: string[];
let end: () => void;
let renewals: VaultRenewals;
beforeEach(async () => {
  rig = await startRig();
  traffic = new Traffic();
  vault = await startVault({
    plan: defaultPlan,
    traffic,
    secretFor: () => ({ server: '', 'certificate-authority-data': '', token: 'none' }),
    now: () => rig.clock.now(),
  });
  notices = [];
  const { home, network, clock } = rig;
  const parts = () => ({ env: { VAULT_ADDR: vault.url }, home, network, clock });
  renewals = createVaultRenewals({
    parts,
    clock,
    logger: silentLogger,
    notice: (text) => void notices.push(text),
  });
  end = () => {};
});
afterEach(async () => {
  end();
  await vault.close();
  await rig.close();
});

const keep = (token: string) => writeFile(path.join(rig.home, '.vault-token'), token);
const renewed = () => traffic.count('vault', 'token-renew-self');
const looked = () => traffic.count('vault', 'token-look-up-self');
/** Until the timer of what was just begun is set. */
const waits = (timers = 1) => vi.waitFor(() => expect(rig.clock.pending()).toBe(timers));
const isValid = async (token: string) => {
  const answer = await fetch(`${vault.url}/v1/auth/token/lookup-self`, {
    headers: { 'x-vault-token': token },
  });
  return answer.status === 200;
};

test('a token is renewed at two thirds of its life, each time, and outlives it', async () => {
  const token = vault.issueToken({ policies: ['default'], ttl: 60 });
  await keep(token);
  end = renewals.start();
  await waits();
  for (let times = 1; times <= 3; times += 1) {
    rig.clock.skip(38_000);
    expect(renewed()).toBe(times - 1);
    rig.clock.skip(4_000);
    await vi.waitFor(() => expect(renewed()).toBe(times));
    await waits();
  }
  expect(await isValid(token)).toBe(true);
});

test('one that lives for a month waits in steps that a timer can hold', async () => {
  await keep(vault.issueToken({ policies: ['default'], ttl: 32 * 24 * 3600 }));
  end = renewals.start();
  await waits();
  const day = 24 * 3_600_000;
  for (let days = 0; days < 21; days += 1) rig.clock.skip(day);
  expect(renewed()).toBe(0);
  rig.clock.skip(day);
  await vi.waitFor(() => expect(renewed()).toBe(1));
});

test('one that was replaced, is not renewable or never ends is not renewed', async () => {
  await keep(vault.issueToken({ policies: ['default'], ttl: 60 }));
  end = renewals.start();
  await waits();
  await keep(vault.issueToken({ policies: ['default'], ttl: 60, renewable: false }));
  rig.clock.skip(45_000);
  await waits(0);
  for (const ttl of [60, 0]) {
    const token = vault.issueToken({ policies: ['default'], ttl, renewable: false });
    const before = looked();
    renewals.use(new URL(vault.url), token);
    await vi.waitFor(() => expect(looked()).toBe(before + 1));
  }
  rig.clock.skip(45_000);
  expect(renewed()).toBe(0);
});

test('a token is looked up once however often it is used, and nothing is done when no agent runs', async () => {
  const token = vault.issueToken({ policies: ['default'], ttl: 60 });
  await keep(token);
  renewals.use(new URL(vault.url), token);
  expect(looked()).toBe(0);
  end = renewals.start();
  await waits();
  for (let times = 0; times < 5; times += 1) renewals.use(new URL(vault.url), token);
  rig.clock.skip(1_000);
  expect(looked()).toBe(1);
  end();
  expect(rig.clock.pending()).toBe(0);
});

test('a server that fails is tried again before the end; one that refuses is reported with the cure', async () => {
  await keep(vault.issueToken({ policies: ['default'], ttl: 60 }));
  end = renewals.start();
  await waits();
  traffic.inject({ service: 'vault', operation: 'token-renew-self', times: 1, does: { kind: 'error' } });
  rig.clock.skip(41_000);
  await vi.waitFor(() => expect(renewed()).toBe(1));
  await waits();
  rig.clock.skip(8_000);
  await vi.waitFor(() => expect(renewed()).toBe(2));
  await waits();
  expect(notices).toEqual([]);
  traffic.inject({ service: 'vault', operation: 'token-renew-self', does: { kind: 'deny' } });
  rig.clock.skip(41_000);
  await vi.waitFor(() =>
    expect(notices).toEqual([
      expect.stringMatching(
        /does not renew your token \(HTTP 403\), which ends in 1 min\..*"update" on path "auth\/token\/renew-self".*k8s-tunnels login vault/,
      ),
    ]),
  );
});

test('one that has reached its longest life is left alone', async () => {
  await keep(vault.issueToken({ policies: ['default'], ttl: 60, maxTtl: 90 }));
  end = renewals.start();
  await waits();
  rig.clock.skip(41_000);
  await vi.waitFor(() => expect(renewed()).toBe(1));
  await waits();
  rig.clock.skip(34_000);
  await vi.waitFor(() => expect(renewed()).toBe(2));
  await waits(0);
  expect(notices).toEqual([]);
});
