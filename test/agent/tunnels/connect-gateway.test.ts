import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Cluster } from '../../../main/model/cluster.ts';
import { defaultGcp } from '../../world/gcp/gcp-plan.ts';
import { defaultPlan } from '../../world/plan.ts';
import { type Rig, startRig } from './rig.ts';

// Google's Connect gateway, which is reached without a tunnel: what a probe finds out with the user's token.

const number = '314159265358';
let rig: Rig;
let token: string | undefined;
const shop = () => {
  const project = rig.world.plan.gcp.projects.find(({ id }) => id === 'acme-shop');
  return project as { gateway?: 'disabled' | 'denied' };
};

beforeEach(async () => {
  const membership = {
    project: 'acme-shop',
    location: 'global',
    name: 'depot',
    labels: {},
    cluster: 'payments-staging',
  };
  const gcp = { ...structuredClone(defaultGcp), memberships: [membership] };
  rig = await startRig({
    plan: { ...defaultPlan, gcp },
    credential: async () => {
      if (token === undefined) throw new Error('nobody is signed in');
      return { kind: 'token', token, expiresAt: undefined };
    },
  });
  const { client_id, client_secret, refresh_token } = rig.world.gcp.signIn();
  const answer = await fetch(rig.world.gcp.tokenUri, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id, client_secret, refresh_token }),
  });
  token = ((await answer.json()) as { access_token: string }).access_token;
});
afterEach(() => rig.close());

const open = async (name = 'depot') => {
  const change: Partial<Cluster> = {
    server: `https://connectgateway.googleapis.com/v1/projects/${number}/locations/global/memberships/${name}`,
    source: 'gke',
    reach: { kind: 'direct' },
    connector: 'direct',
    credential: { kind: 'gke' },
  };
  const { certificateAuthorityData: _, ...bare } = rig.cluster('payments-staging', change);
  return rig.tunnels.tunnel(bare).open({ interactive: true, persist: false });
};

test('is ready below its path, through the company’s proxy', async () => {
  expect(await open()).toMatchObject({ status: 'connected' });
  expect(rig.world.traffic.served).toContainEqual(
    expect.objectContaining({ service: 'connect-gateway', scope: '/readyz' }),
  );
  expect(rig.world.traffic.served).toContainEqual(
    expect.objectContaining({ service: 'proxy', scope: 'connectgateway.googleapis.com:443' }),
  );
});

test('is reachable for a user who is not signed in: the first command says so', async () => {
  token = undefined;
  expect(await open()).toMatchObject({ status: 'connected' });
});

test.each([
  [
    'disabled',
    `not enabled in project ${number}`,
    `gcloud services enable connectgateway.googleapis.com --project ${number}`,
  ],
  ['denied', 'does not let you use the Connect gateway', 'roles/gkehub.gatewayReader'],
] as const)('a gateway that is %s is named with its cure', async (gateway, says, cure) => {
  shop().gateway = gateway;
  const state = await open();
  expect('failure' in state && state.failure).toMatchObject({
    stage: 'readyz',
    mender: 'cluster-administrator',
    error: {
      code: 'kube-unauthorized',
      message: expect.stringContaining(says),
      hint: expect.stringContaining(cure),
    },
  });
});

test('a membership that is gone is named', async () => {
  const state = await open('gone');
  expect('failure' in state && state.failure.error).toMatchObject({
    code: 'origin-failed',
    hint: expect.stringContaining('k8s-tunnels discover'),
  });
});
