import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../main/model/app-error.ts';
import { eksCluster } from '../catalog/clusters.ts';
import { type Rig, startRig } from './rig.ts';

const tagged = (name: string) =>
  eksCluster(name, { tags: { 'k8s-tunnels-hostname': `${name}.example.com` } });
const staging = tagged('staging');
const testing = tagged('testing');
const broken = tagged('broken');
const unwritable = new AppError('kubeconfig-unwritable', 'The disk is read-only.');

let rig: Rig;
beforeEach(async () => {
  rig = await startRig(staging, testing, broken);
});
afterEach(() => rig.close());

test('of several, one that fails is closed, and the others are connected', async () => {
  const { outcomes } = await rig.connect([staging, broken]);
  expect(outcomes.map(({ status }) => status)).toEqual(['connected', 'failed']);
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
  expect(rig.connections.open()).toEqual([staging.id]);
});

test('one that was connected before and fails now stays open', async () => {
  await rig.connect([staging]);
  failNow();
  const { outcomes } = await rig.connect([staging]);
  expect(outcomes.map(({ status }) => status)).toEqual(['failed']);
  expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
  expect(rig.connections.open()).toEqual([staging.id]);
});

test('the port of an entry that was kept goes on listening when connecting fails', async () => {
  await rig.connect([staging]);
  await rig.connections.disconnect([staging.id]);
  expect(rig.statuses()).toEqual({ [staging.id]: 'idle' });
  failNow();
  expect((await rig.connect([staging])).outcomes).toMatchObject([{ status: 'failed' }]);
  expect(rig.statuses()).toEqual({ [staging.id]: 'idle' });
  expect(rig.connections.kept()).toEqual([staging.id]);
});

describe('what ends a connect early closes what it opened, and nothing else:', () => {
  test('the caller goes away', async () => {
    await rig.connect([staging]);
    const before = await rig.text();
    const controller = new AbortController();
    const { open } = rig.tunnels.tunnel(testing);
    rig.tunnels.tunnel(testing).open = async (how) => {
      const state = await open(how);
      controller.abort();
      return state;
    };
    await expect(rig.connect([staging, testing], controller.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
    expect(rig.connections.open()).toEqual([staging.id]);
    expect(await rig.text()).toBe(before);
  });

  test('the kubeconfig cannot be written', async () => {
    await rig.connect([staging]);
    const before = await rig.text();
    rig.failWrites(unwritable);
    await expect(rig.connect([staging, testing])).rejects.toBe(unwritable);
    expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
    expect(rig.connections.open()).toEqual([staging.id]);
    expect(await rig.text()).toBe(before);
  });

  test('the connections cannot be stored: the kubeconfig is as before, to the byte', async () => {
    await rig.connect([staging]);
    const before = await rig.text();
    await rig.blockState();
    await expect(rig.connect([testing])).rejects.toMatchObject({ code: 'file-unwritable' });
    expect(await rig.text()).toBe(before);
    expect(rig.statuses()).toEqual({ [staging.id]: 'connected' });
    expect(rig.connections.open()).toEqual([staging.id]);
  });

  test('the connections cannot be stored: no kubeconfig is left where there was none', async () => {
    await rig.blockState();
    await expect(rig.connect([testing])).rejects.toMatchObject({ code: 'file-unwritable' });
    expect(await rig.text()).toBeUndefined();
    expect(rig.connections.open()).toEqual([]);
  });

  test('the connections cannot be stored: an on-demand context stays, and the previous one is current', async () => {
    await rig.connect([staging]);
    await rig.connections.disconnect([staging.id]);
    const before = await rig.text();
    await rig.blockState();
    await expect(rig.connect([staging])).rejects.toMatchObject({ code: 'file-unwritable' });
    expect(await rig.text()).toBe(before);
    expect(rig.connections.kept()).toEqual([staging.id]);
    expect(rig.statuses()).toEqual({ [staging.id]: 'idle' });
  });

  test('the port of an entry that was kept goes on listening', async () => {
    await rig.connect([staging]);
    await rig.connections.disconnect([staging.id]);
    rig.failWrites(unwritable);
    await expect(rig.connect([staging])).rejects.toBe(unwritable);
    expect(rig.statuses()).toEqual({ [staging.id]: 'idle' });
    expect(rig.connections.kept()).toEqual([staging.id]);
  });
});

/** From now on, the tunnel of `staging` cannot be opened. */
function failNow(): void {
  const error = { code: 'edge-failed', message: 'It is down.', retryable: true } as const;
  const failure = { stage: 'edge', error, mender: 'network' } as const;
  rig.tunnels.tunnel(staging).open = async () => ({ status: 'failed', since: 0, failure });
}

describe('where the kubeconfig cannot be written', () => {
  test.each(['disconnect', 'remove'] as const)('%s closes the tunnels and says what is left', async (how) => {
    await rig.connect([staging, testing]);
    rig.failRemovals(unwritable);
    const { warnings } = await rig.connections[how]([staging.id, testing.id]);
    expect(warnings).toContain('The disk is read-only.');
    expect(Object.values(rig.statuses()).filter((status) => status !== 'idle')).toEqual([]);
    expect(rig.connections.open()).toEqual([]);
    // They can be removed later.
    expect(rig.connections.kept().toSorted()).toEqual([staging.id, testing.id].toSorted());
    if (how === 'remove') expect(warnings.join(' ')).toContain('k8s-tunnels remove');
  });

  test('the shutdown ends', async () => {
    await rig.connect([staging]);
    rig.failRemovals(unwritable);
    await rig.blockState();
    await rig.connections.disconnectAll({ again: false });
    expect(Object.values(rig.statuses()).filter((status) => status !== 'idle')).toEqual([]);
  });
});
