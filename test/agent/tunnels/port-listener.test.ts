import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { Gateway } from '../../../main/agent/tunnels/gateway.ts';
import { listenError } from '../../../main/agent/tunnels/listen-error.ts';
import { createPortListener } from '../../../main/agent/tunnels/port-listener.ts';
import { createPorts, derivedPort } from '../../../main/agent/tunnels/ports.ts';
import { clusterId } from '../../../main/model/cluster.ts';

const id = clusterId('eks', '111122223333', 'eu-west-1', 'payments');
const denied = Object.assign(new Error('denied'), { code: 'EACCES' });

/** A listener on a computer where some ports cannot be opened. */
async function start(isFree: (port: number) => boolean, platform: NodeJS.Platform) {
  const folder = await mkdtemp(path.join(tmpdir(), 'port-listener-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ports = await createPorts({ folder, logger: silentLogger, renew: false });
  const tried: number[] = [];
  const onMoved = vi.fn();
  const listener = createPortListener({
    ...{ id, logger: silentLogger, ports, onMoved, platform },
    async open(port) {
      tried.push(port);
      if (!isFree(port)) throw listenError(port, denied, platform);
      return { port } as Gateway;
    },
  });
  return { listener, ports, tried, onMoved };
}

test('a port in blocks that Windows has reserved is left for one behind them, once and for all', async () => {
  const first = derivedPort(id);
  const { listener, ports, tried, onMoved } = await start((port) => port >= first + 250, 'win32');
  await listener.standBy();
  const to = first + 300;
  expect(tried).toEqual([first, first + 100, first + 200, to]);
  expect(onMoved).toHaveBeenCalledWith({ from: first, to });
  expect(ports.known(id)?.port).toBe(to);
});

test('a port that a rule of this computer forbids is kept elsewhere, where the next one is forbidden too', async () => {
  const { listener, tried, onMoved } = await start(() => false, 'linux');
  await expect(listener.standBy()).rejects.toMatchObject({ code: 'port-failed' });
  expect(tried).toHaveLength(1);
  expect(onMoved).not.toHaveBeenCalled();
});

test('where every port is reserved, the error names how to list them', async () => {
  const { listener } = await start(() => false, 'win32');
  await expect(listener.standBy()).rejects.toMatchObject({
    code: 'port-busy',
    message: expect.stringContaining('is reserved by Windows'),
    hint: expect.stringContaining('netsh interface ipv4 show excludedportrange'),
  });
});
