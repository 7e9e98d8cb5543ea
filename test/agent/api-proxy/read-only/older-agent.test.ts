import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { openGrants } from '../../../../main/agent/api-proxy/grants.ts';
import { silentLogger } from '../../../../main/agent/parts.ts';
import { createTerminals } from '../../../../main/agent/terminals/terminals.ts';
import type { ClusterId } from '../../../../main/model/cluster.ts';
import { heldClock } from '../../catalog/clusters.ts';
import { entry } from '../../kubeconfig/entry.ts';

// What an agent from before read-only kubeconfigs makes of what is stored: with a secret that it took for one of full
// access, a read-only file could do everything after a downgrade.

const cluster = 'eks/111122223333/eu-west-1/staging' as ClusterId;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'older-'));
});
afterEach(() => rm(folder, { recursive: true }));

const stored = async (name: string) => JSON.parse(await readFile(path.join(folder, name), 'utf8')).data;

it('reads no secret', async () => {
  const older = z.array(z.object({ holder: z.enum(['entry', 'file']), digest: z.string() }));
  const grants = await openGrants({ folder, clock: heldClock(), logger: silentLogger });
  await grants.forFile(cluster, 'ada');
  expect(older.safeParse(await stored('api-proxy-secrets.json')).success).toBe(true);
  await grants.forFile(cluster, 'ada', { readOnly: {} });
  expect(older.safeParse(await stored('api-proxy-secrets.json')).success).toBe(false);
});

it('reads no terminal', async () => {
  const older = z.array(z.object({ id: z.string(), form: z.enum(['socks5', 'connect', 'tls']).optional() }));
  const terminals = await createTerminals({
    folder,
    kubeconfig: { owner: async () => 'this-computer' },
    clock: heldClock(),
    logger: silentLogger,
    onChange: () => {},
    onEnded: () => {},
  });
  const one = { cluster, kind: 'shell', pid: process.pid } as const;
  await terminals.add(one, async () => entry(cluster, { name: 'staging' }));
  expect(older.safeParse(await stored('terminals.json')).success).toBe(true);
  await terminals.add({ ...one, form: 'read-only', readOnly: {} }, async () =>
    entry(cluster, { name: 'staging' }),
  );
  expect(older.safeParse(await stored('terminals.json')).success).toBe(false);
  terminals.close();
});
