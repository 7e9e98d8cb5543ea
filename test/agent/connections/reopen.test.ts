import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TunnelState } from '../../../main/model/tunnel-state.ts';
import { eksCluster } from '../catalog/clusters.ts';
import { type Rig, startRig } from './rig.ts';

const cluster = eksCluster('staging', { tags: { 'k8s-tunnels-hostname': 'staging.example.com' } });

let rig: Rig;
/** How the tunnel was opened for clients: whether a browser could be. */
let openings: boolean[];

beforeEach(async () => {
  rig = await startRig(cluster);
  await rig.connections.restore();
  await rig.connect([cluster]);
  await rig.connections.disconnect([cluster.id]);
  openings = [];
});
afterEach(() => rig.close());

const demand = (interactive: boolean) => rig.connections.demand(cluster.id, { interactive });

/** Opening works where a browser may be opened; where not, it fails for want of a sign-in. */
function signedOut({ worksWithBrowser }: { readonly worksWithBrowser: boolean }): void {
  const tunnel = rig.tunnels.tunnel(cluster);
  const { open } = tunnel;
  tunnel.open = async (how): Promise<TunnelState> => {
    openings.push(how.interactive);
    if (how.interactive && worksWithBrowser) return open(how);
    const code = how.interactive ? 'access-denied' : 'access-login-needed';
    const error = { code, message: 'Refused.', retryable: false } as const;
    return { status: 'failed', since: 0, failure: { stage: 'access', error, mender: 'you' } };
  };
}
const codesOf = async (clients: readonly Promise<void>[]) =>
  (await Promise.allSettled(clients)).map((one) => (one.status === 'rejected' ? one.reason.code : 'open'));

test('clients that come while the tunnel is being opened share that opening and its failure', async () => {
  signedOut({ worksWithBrowser: true });
  expect(await codesOf([demand(false), demand(false), demand(false)])).toEqual(
    Array(3).fill('access-login-needed'),
  );
  expect(openings).toEqual([false]);
});

test('one that may not open a browser shares the opening of one that may', async () => {
  signedOut({ worksWithBrowser: false });
  expect(await codesOf([demand(true), demand(false)])).toEqual(Array(2).fill('access-denied'));
  expect(openings).toEqual([true]);
});

test('one that may open a browser does so after an opening that may not, and others share its turn', async () => {
  signedOut({ worksWithBrowser: true });
  expect(await codesOf([demand(false), demand(true), demand(false)])).toEqual([
    'access-login-needed',
    'open',
    'open',
  ]);
  expect(openings).toEqual([false, true]);
  expect(rig.statuses()).toEqual({ [cluster.id]: 'connected' });
});

test('once it is open, nothing is opened again', async () => {
  await demand(false);
  signedOut({ worksWithBrowser: false });
  await demand(true);
  expect(openings).toEqual([]);
});
