import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { type ClientFailure, createClientFailures } from '../../../main/agent/tunnels/client-failures.ts';
import type { Peer } from '../../../main/agent/tunnels/peers/peer-table.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { clusterId } from '../../../main/model/cluster.ts';
import { installCloudflared } from '../../world/cloudflared/install.ts';
import { skippingClock } from '../skipping-clock.ts';
import { type Rig, startRig } from './rig.ts';

const id = clusterId('eks', '1', 'eu-west-1', 'orders');
const own = (name: string, pid = 7): Peer => ({ kind: 'own', process: async () => ({ pid, name }) });
const down = new AppError('origin-failed', 'Its origin is down.', { retryable: true });

describe('failed clients', () => {
  function start() {
    const told: ClientFailure[] = [];
    const clock = skippingClock();
    const failures = createClientFailures({
      clock,
      logger: silentLogger,
      onFailed: (failure) => told.push(failure),
    });
    return { told, clock, ...failures };
  }

  it('are told by program and reason, once a minute, and counted', async () => {
    const { told, clock, note, list } = start();
    for (let tries = 0; tries < 5; tries++) await note(id, { error: down, peer: own('k9s'), isCut: false });
    expect(told).toMatchObject([
      { process: { name: 'k9s', pid: 7 }, failure: { stage: 'origin' }, count: 1 },
    ]);
    expect(list()).toMatchObject([{ cluster: id, count: 5 }]);
    await note(id, { error: down, peer: own('kubectl', 8), isCut: false });
    await note(id, { error: down, peer: own('k9s'), isCut: true });
    expect(told.map(({ process, isCut }) => [process?.name, isCut])).toEqual([
      ['k9s', false],
      ['kubectl', false],
      ['k9s', true],
    ]);
    clock.skip(60_000);
    await note(id, { error: down, peer: own('k9s'), isCut: false });
    expect(told).toHaveLength(4);
    expect(clock.pending()).toBe(0);
  });

  it('whose program cannot be told in time are told without it, and hold nobody up', async () => {
    const { told, clock, note } = start();
    const peer: Peer = { kind: 'own', process: () => new Promise(() => {}) };
    const noted = note(id, { error: down, peer, isCut: false });
    clock.skip(1_000);
    await noted;
    expect(told).toMatchObject([{ process: undefined, failure: { error: { code: 'origin-failed' } } }]);
  });

  it('are no failure where the tunnel was closed by the user, and never throw', async () => {
    const { told, note } = start();
    await note(id, { error: new AppError('cancelled', 'Closed.'), peer: own('kubectl'), isCut: false });
    expect(told).toEqual([]);
    const failures = createClientFailures({
      clock: skippingClock(),
      logger: silentLogger,
      onFailed: () => {
        throw new Error('the journal is full');
      },
    });
    const peer: Peer = { kind: 'own', process: () => Promise.reject(new Error('gone')) };
    await failures.note(id, { error: down, peer, isCut: true });
  });
});

describe('of a tunnel', () => {
  const title = 'payments-staging';
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  test('that cannot be opened names kubectl and the reason that SOCKS has no word for', async () => {
    await rig.open(title);
    rig.world.traffic.inject({ service: 'edge', operation: 'upgrade', does: { kind: 'throttle' } });
    rig.tunnels.find(rig.cluster(title).id)?.wake();
    await rig.until(title, 'reconnecting');
    await expect(rig.kubectl(title, 'get', 'namespaces')).rejects.toThrow();
    expect(rig.tunnels.clientFailures()).toMatchObject([
      {
        cluster: rig.cluster(title).id,
        isCut: false,
        process: { name: 'kubectl' },
        failure: {
          stage: 'edge',
          error: { code: 'edge-failed', message: expect.stringContaining('HTTP 429') },
        },
      },
    ]);
  });

  test('that is cut names the client whose stream just ends', async () => {
    const { tunnel } = await rig.open(title);
    const local = tunnel.localPort();
    if (local === undefined) throw new Error('no port');
    const { user, password } = local.credentials;
    const client = connect({ host: '127.0.0.1', port: local.port });
    client.on('error', () => {});
    const secret = Buffer.from(`${user}:${password}`).toString('base64');
    const { host } = new URL(rig.cluster(title).server);
    client.write(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: Basic ${secret}\r\n\r\n`);
    await once(client, 'data');
    rig.world.proxy.dropConnections();
    client.resume();
    await once(client, 'end');
    client.end();
    await vi.waitFor(() =>
      expect(rig.tunnels.clientFailures()).toMatchObject([
        { isCut: true, process: { pid: process.pid }, failure: { error: { code: 'edge-failed' } } },
      ]),
    );
  });
});

test('of a tunnel by cloudflared keeps what that said', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'cloudflared-'));
  const rig = await startRig({ env: { K8S_TUNNELS_CLOUDFLARED: await installCloudflared(folder) } });
  try {
    const { state } = await rig.open('tools-next', { connector: 'cloudflared' });
    expect(state).toMatchObject({
      status: 'failed',
      failure: { stage: 'origin', error: { code: 'origin-failed' } },
    });
    expect(JSON.stringify(state)).toContain('cloudflared says: websocket: bad handshake');
  } finally {
    await rig.close();
    await rm(folder, { recursive: true });
  }
});
