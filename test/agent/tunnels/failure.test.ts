import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { networkError } from '../../../main/agent/network/network-error.ts';
import { failureFrom } from '../../../main/agent/tunnels/failure.ts';
import { AppError, type ErrorCode } from '../../../main/model/app-error.ts';
import { type Rig, startRig } from './rig.ts';

const title = 'payments-staging';
const host = 'payments-staging.k8s.acme.example';

describe('an error', () => {
  it.each<ErrorCode>([
    'connector-unavailable',
    'port-busy',
    'port-failed',
    'file-unwritable',
    'file-unreadable',
    'disk-full',
  ])('%s is of this computer, not of the edge', (code) => {
    expect(failureFrom(new AppError(code, 'No.'), 'edge')).toMatchObject({ stage: 'local', mender: 'you' });
  });

  it.each<ErrorCode>(['access-login-needed', 'access-login-failed', 'access-login-timeout'])(
    '%s is of the sign-in, wherever it came up, and for the user',
    (code) => {
      expect(failureFrom(new AppError(code, 'No.'), 'edge')).toMatchObject({
        stage: 'access',
        mender: 'you',
      });
    },
  );

  it.each([
    ['edge', 'network'],
    ['access', 'network'],
    ['origin', 'cluster-administrator'],
    ['tls', 'cluster-administrator'],
    ['readyz', 'cluster-administrator'],
  ] as const)('of time at the stage %s is for %s', (stage, mender) => {
    expect(failureFrom(new AppError('timeout', 'Late.'), stage)).toMatchObject({ stage, mender });
  });

  it('that names who can fix it is believed', () => {
    const error = new AppError('edge-failed', 'No.', { mender: 'you' });
    expect(failureFrom(error, 'edge')).toMatchObject({ stage: 'edge', mender: 'you' });
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'The certificate of edge.example has expired (CERT_HAS_EXPIRED).'],
    ['CERT_NOT_YET_VALID', 'The certificate of edge.example is not valid yet (CERT_NOT_YET_VALID).'],
  ])('%s names the clock', (code, message) => {
    const error = networkError({ host: 'edge.example' }, Object.assign(new Error('no'), { code }));
    expect(error).toMatchObject({
      code: 'network-untrusted',
      message,
      hint: expect.stringContaining('Check the clock of this computer: it says 2'),
    });
  });
});

it.each([
  ['ENOTFOUND', 'edge.example has no address in DNS (ENOTFOUND).'],
  ['EAI_AGAIN', 'edge.example cannot be looked up now in DNS (EAI_AGAIN).'],
])('a name that is not resolved with %s is told from a host that cannot be reached', (code, message) => {
  const error = networkError({ host: 'edge.example' }, Object.assign(new Error('no'), { code }));
  const hint = expect.stringMatching(/DNS servers.*VPN/);
  expect(error).toMatchObject({ code: 'network-unreachable', message, hint, retryable: true });
});

describe('a certificate that is wrong in itself', () => {
  it.each([
    ['UNSPECIFIED', 'EE certificate key too weak', '(EE certificate key too weak)'],
    ['INVALID_PURPOSE', 'unsuitable certificate purpose', '(INVALID_PURPOSE)'],
  ])('is no network that cannot be reached: %s', (code, message, says) => {
    const cause = Object.assign(new Error(message), { code });
    expect(networkError({ host: 'edge.example' }, cause)).toMatchObject({
      code: 'network-untrusted',
      message: expect.stringContaining(says),
      hint: expect.stringContaining('TLS inspection'),
    });
  });

  it('and an answer without TLS are told apart', () => {
    const cause = Object.assign(new Error('no'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
    expect(networkError({ host: 'edge.example' }, cause)).toMatchObject({
      code: 'network-unreachable',
      message: 'TLS with edge.example failed (ERR_SSL_WRONG_VERSION_NUMBER).',
      hint: expect.stringContaining('open https://edge.example in a browser'),
      retryable: true,
    });
  });
});

describe('a tunnel', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig({ env: { PATH: '/nonexistent/bin:/nowhere', K8S_TUNNELS_CLOUDFLARED: '' } });
  });
  afterEach(() => rig.close());

  const fault = { service: 'edge', operation: 'upgrade', scope: host, does: { kind: 'error' } } as const;

  test('that opened until now is not told that its origin tag is wrong when the edge answers HTTP 500', async () => {
    const { tunnel } = await rig.open(title);
    const lift = rig.world.traffic.inject(fault);
    tunnel.wake();
    const state = await rig.until(title, 'reconnecting');
    expect(state).toMatchObject({
      failure: {
        stage: 'edge',
        mender: 'cluster-administrator',
        error: { code: 'edge-failed', message: expect.stringContaining('It opened tunnels until now.') },
      },
    });
    expect(JSON.stringify(state)).not.toMatch(/origin tag/);
    lift();
    await rig.until(title, 'connected');
  });

  const portal = () => {
    const cause = Object.assign(new Error('no'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const upgrade = vi
      .spyOn(rig.network, 'upgrade')
      .mockImplementation(async ({ host }) => Promise.reject(networkError({ host }, cause)));
    return () => upgrade.mockRestore();
  };

  test('that was up waits for the end of a captive portal, and names its certificate meanwhile', async () => {
    const { tunnel } = await rig.open(title);
    const leave = portal();
    tunnel.wake();
    expect(await rig.until(title, 'reconnecting')).toMatchObject({
      failure: { stage: 'edge', mender: 'network', error: { code: 'network-untrusted' } },
    });
    leave();
    await rig.until(title, 'connected');
    expect(rig.statuses(title)).not.toContain('failed');
  });

  test('that is restored behind a captive portal opens after it, and one that the user opens fails at once', async () => {
    const leave = portal();
    expect((await rig.open(title)).state).toMatchObject({
      status: 'failed',
      failure: { error: { code: 'network-untrusted' } },
    });
    const tunnel = rig.tunnels.tunnel(rig.cluster(title));
    expect(await tunnel.open({ interactive: false, persist: true })).toMatchObject({
      status: 'reconnecting',
    });
    leave();
    await rig.until(title, 'connected');
  });

  test('that waits for its next try is tried at once by who opens it, who is told what came of that', async () => {
    const { tunnel } = await rig.open(title);
    const lift = rig.world.traffic.inject(fault);
    tunnel.wake();
    await rig.until(title, 'reconnecting');
    const open = () => tunnel.open({ interactive: true, persist: false });
    for (let tries = 0; tries < 4; tries++)
      expect(await open()).toMatchObject({
        status: 'reconnecting',
        failure: { error: { code: 'edge-failed' } },
      });
    lift();
    expect(await open()).toMatchObject({ status: 'connected' });
  });

  test('that was closed and opened again is remembered to have opened', async () => {
    const { tunnel } = await rig.open(title);
    await rig.tunnels.close(tunnel.id);
    rig.world.traffic.inject(fault);
    const { state } = await rig.open(title);
    expect(state).toMatchObject({
      status: 'failed',
      failure: { error: { message: expect.stringContaining('It opened tunnels until now.') } },
    });
  });

  test('that never opened is told to look at its origin tag', async () => {
    rig.world.traffic.inject(fault);
    const { state } = await rig.open(title);
    expect(state).toMatchObject({
      failure: { mender: 'access-administrator', error: { hint: expect.stringContaining('origin tag') } },
    });
  });

  test('without cloudflared says who asks for it, where it was looked for and how to get it', async () => {
    const { state } = await rig.open(title, { connector: 'cloudflared' });
    expect(state).toMatchObject({
      status: 'failed',
      failure: {
        stage: 'local',
        mender: 'you',
        error: {
          code: 'connector-unavailable',
          message: `There is no cloudflared on this computer, which the tag k8s-tunnels-connector of ${title} asks for. Looked in /nonexistent/bin, /nowhere.`,
          hint: expect.stringMatching(/^Install it \(https:.*K8S_TUNNELS_CLOUDFLARED/),
        },
      },
    });
  });
});
