import { beforeEach, expect, test } from 'vitest';
import { createProductionLocks, type LockEvent } from '../../../main/agent/api-proxy/production-locks.ts';
import { productionOperations } from '../../../main/agent/operations/production.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { aCluster } from '../../renderer/shown.ts';
import { skippingClock } from '../skipping-clock.ts';

const ledger = aCluster('ledger', { environment: 'production' });
const lab = aCluster('lab', { environment: 'staging' });
const clusters = [ledger, lab];

let events: LockEvent[];
let open: Cluster['id'][];
let email: string | undefined;
let limit: number | undefined;

beforeEach(() => {
  events = [];
  open = [ledger.id, lab.id];
  email = 'ada@acme.example';
  limit = undefined;
});

const start = (parts: { readonly identity?: string } = {}) =>
  productionOperations({
    clusters: { named: (id) => ({ cluster: id, title: clusters.find((one) => one.id === id)?.title ?? id }) },
    catalog: { find: (word) => clusters.find(({ title }) => title === word) ?? ledger },
    locks: createProductionLocks({
      clock: skippingClock(),
      logger: silentLogger,
      cluster: (id) => clusters.find((one) => one.id === id),
      settings: () => ({ productionReadOnly: true }),
      onChange() {},
      onEvent: (event) => events.push(event),
    }),
    tunnels: {
      find: (id) => (open.includes(id) ? ({ state: () => ({ status: 'connected' }) } as never) : undefined),
    },
    access: { teamOf: () => 'acme.cloudflareaccess.com' },
    credentials: {
      identityOf: () =>
        parts.identity === undefined
          ? undefined
          : { used: parts.identity, others: [], grants: '', choose: '' },
    },
    state: {
      get: () =>
        ({
          sessions: [
            { authDomain: 'acme.cloudflareaccess.com', endsAt: 1, ...(email === undefined ? {} : { email }) },
          ],
        }) as never,
    },
    organisation: { current: () => ({ production: { unlockMinutes: limit } }) as never },
  });
const asked = { cluster: 'ledger', reason: 'INC-4711' };
const confirmed = { ...asked, production: true };

test('an unlock is asked for first, with the time that it would last', async () => {
  const { unlock } = start();
  await expect(unlock(asked)).rejects.toMatchObject({
    code: 'production-unconfirmed',
    message: 'ledger is a production cluster: you can write to it for 30 minutes only when you confirm.',
  });
  await expect(unlock({ ...asked, production: false })).rejects.toMatchObject({
    code: 'production-unconfirmed',
  });
  expect(events).toEqual([]);
  const { since, until, ...rest } = await unlock(confirmed);
  expect(until - since).toBe(30 * 60_000);
  expect(rest).toEqual({ cluster: ledger.id, reason: 'INC-4711', who: 'ada@acme.example' });
});

test('names the user by the session, else by the identity of the cloud, else by the account of this computer', async () => {
  email = undefined;
  expect((await start({ identity: 'the role Developer' }).unlock(confirmed)).who).toBe('the role Developer');
  expect((await start().unlock(confirmed)).who).toMatch(/./);
});

test('is refused beyond the limit of the organisation, and never asked about', async () => {
  limit = 10;
  const { unlock } = start();
  await expect(unlock({ ...asked, minutes: 11 })).rejects.toMatchObject({
    code: 'bad-input',
    message: 'ledger can be unlocked for 10 minutes at most.',
  });
  expect((await unlock({ ...confirmed, minutes: 10 })).reason).toBe('INC-4711');
});

test('is refused for a cluster that does not open read-only, or is not connected', async () => {
  const { unlock } = start();
  await expect(unlock({ ...confirmed, cluster: 'lab' })).rejects.toMatchObject({ code: 'bad-input' });
  open = [];
  await expect(unlock(confirmed)).rejects.toMatchObject({
    message: 'ledger is not connected.',
    hint: expect.stringContaining('k8s-tunnels connect --add ledger'),
  });
  expect(events).toEqual([]);
});

test('lock ends what is named, or all, and says which', async () => {
  const { unlock, lock } = start();
  await unlock(confirmed);
  expect(await lock({ clusters: ['lab'] })).toEqual({ locked: [] });
  expect(await lock({ clusters: ['ledger'] })).toEqual({ locked: [{ cluster: ledger.id, title: 'ledger' }] });
  await unlock(confirmed);
  expect((await lock({ clusters: 'all' })).locked).toHaveLength(1);
  expect(events.map((event) => (event.kind === 'locked' ? event.by : event.kind))).toEqual([
    'unlocked',
    'user',
    'unlocked',
    'user',
  ]);
});
