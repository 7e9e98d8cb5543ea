import { expect, test } from 'vitest';
import type { SignIns } from '../../../main/agent/credentials/sign-ins.ts';
import { credentialOperation } from '../../../main/agent/operations/credential.ts';
import { AppError } from '../../../main/model/app-error.ts';
import { aCluster } from '../../renderer/shown.ts';

const orders = aCluster('orders');

const withFakes = (
  env: Record<string, string> = {},
  demand: () => Promise<void> = async () => {},
  isReadOnly = false,
  signingIn: readonly string[] = [],
) => {
  const interactive: boolean[] = [];
  const signIns: SignIns = {
    through(may, get) {
      interactive.push(may);
      return get();
    },
  };
  const credential = credentialOperation({
    clusters: { find: async (words) => (words.includes('orders') ? [orders] : []) },
    callers: {
      of: () => ({
        credentials: { get: async () => ({ kind: 'token', token: 'secret', expiresAt: undefined }) },
        signIns,
        discovery: undefined,
      }),
    },
    connections: {
      demand(_id, options) {
        interactive.push(options.interactive);
        return demand();
      },
    },
    locks: { applies: () => isReadOnly },
    access: {
      logins: () => signingIn.map((authDomain) => ({ authDomain, url: 'https://login.example', since: 0 })),
      teamOf: () => 'acme.cloudflareaccess.com',
    },
    env,
  });
  return { credential, interactive };
};

test('the credential and the tunnel get the same answer to whether a browser may open', async () => {
  const execInfo = (interactive: boolean) =>
    JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', spec: { interactive } });
  const by = async (env: Record<string, string>, asked: { execInfo?: string; browser?: false }) => {
    const { credential, interactive } = withFakes(env);
    expect(await credential({ cluster: 'orders', ...asked })).toMatchObject({ status: { token: 'secret' } });
    return interactive;
  };
  expect(await by({}, { execInfo: execInfo(true) })).toEqual([true, true]);
  expect(await by({}, { execInfo: execInfo(false) })).toEqual([false, false]);
  expect(await by({}, { execInfo: execInfo(true), browser: false })).toEqual([false, false]);
  expect(await by({ K8S_TUNNELS_NO_BROWSER: '1' }, {})).toEqual([false, false]);
});

test('who may not open the browser waits for the login of the organisation that is in it already', async () => {
  const execInfo = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false },
  });
  const by = async (env: Record<string, string>, signingIn: string, asked: { browser?: false } = {}) => {
    const { credential, interactive } = withFakes(env, undefined, false, [signingIn]);
    await credential({ cluster: 'orders', execInfo, ...asked });
    return interactive;
  };
  expect(await by({}, 'acme.cloudflareaccess.com')).toEqual([false, true]);
  expect(await by({}, 'other.cloudflareaccess.com')).toEqual([false, false]);
  // They asked not to wait for a browser.
  expect(await by({}, 'acme.cloudflareaccess.com', { browser: false })).toEqual([false, false]);
  expect(await by({ K8S_TUNNELS_NO_BROWSER: '1' }, 'acme.cloudflareaccess.com')).toEqual([false, false]);
});

test('a tunnel that cannot be opened, or a cluster that there is not, is the answer', async () => {
  const failure = new AppError('access-login-needed', 'Your session has ended.', { hint: 'Sign in.' });
  const { credential } = withFakes({}, () => Promise.reject(failure));
  await expect(credential({ cluster: 'orders' })).rejects.toBe(failure);
  await expect(credential({ cluster: 'other' })).rejects.toMatchObject({ code: 'not-found' });
});

test('an error that says nothing of what to do names the command that shows more', async () => {
  for (const error of [new AppError('aws-failed', 'It failed.'), new TypeError('unexpected')]) {
    const { credential } = withFakes({}, () => Promise.reject(error));
    await expect(credential({ cluster: 'orders' })).rejects.toMatchObject({
      message: error.message,
      hint: 'Run k8s-tunnels status to see why.',
      cause: error,
    });
  }
});

test('a production cluster that opens read-only gives its credential to no client, and opens nothing', async () => {
  const { credential, interactive } = withFakes({}, async () => {}, true);
  await expect(credential({ cluster: 'orders' })).rejects.toMatchObject({
    code: 'production-read-only',
    hint: expect.stringContaining('k8s-tunnels connect --add orders'),
  });
  expect(interactive).toEqual([]);
});
