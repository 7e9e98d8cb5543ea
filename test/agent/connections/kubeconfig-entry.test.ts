import { describe, expect, it } from 'vitest';
import { kubeconfigEntry } from '../../../main/agent/connections/kubeconfig-entry.ts';
import { pinnedEnvironment } from '../../../main/agent/paths.ts';
import { aCluster } from '../../renderer/shown.ts';

const place = { port: 31_234, credentials: { user: 'k8s-tunnels', password: 'S3cret' } };
const plugin = { command: '/bin/k8s-tunnels', args: [] };
const proxyOf = (options: Pick<Parameters<typeof kubeconfigEntry>[0], 'form' | 'cluster'>) =>
  kubeconfigEntry({ ...options, name: 'pay', place, plugin }).cluster.proxyUrl;

describe('the proxy of an entry', () => {
  it('is SOCKS5 unless the setting or the tag says otherwise', () => {
    expect(proxyOf({ cluster: aCluster('pay') })).toBe('socks5://k8s-tunnels:S3cret@127.0.0.1:31234');
  });

  it('is HTTP CONNECT by the setting', () => {
    expect(proxyOf({ cluster: aCluster('pay'), form: 'connect' })).toBe(
      'http://k8s-tunnels:S3cret@127.0.0.1:31234',
    );
  });

  it.each(['socks5', 'connect'] as const)('is that of the tag, %s, whatever the setting', (entryForm) => {
    const form = entryForm === 'socks5' ? 'connect' : 'socks5';
    const scheme = entryForm === 'socks5' ? 'socks5:' : 'http:';
    const url = proxyOf({ cluster: aCluster('pay', { entryForm }), form });
    expect(new URL(url ?? '').protocol).toBe(scheme);
  });
});

describe('an entry of the form tls', () => {
  const proxy = { port: 31_235, certificateAuthorityData: 'Q0E=', secret: 'S3cretToken', until: 0 };

  it('names the local TLS proxy, its authority and its secret, and nothing of the cluster or a plugin', () => {
    const cluster = aCluster('pay', {
      entryForm: 'tls',
      certificateAuthorityData: 'Y2x1c3Rlcg==',
      serverName: 'kubernetes',
      namespace: 'web',
    });
    expect(kubeconfigEntry({ cluster, name: 'pay', place, proxy, plugin })).toEqual({
      id: cluster.id,
      name: 'pay',
      cluster: { server: 'https://127.0.0.1:31235', certificateAuthorityData: 'Q0E=' },
      user: { kind: 'token', token: 'S3cretToken' },
      namespace: 'web',
    });
  });

  it('is the choice of the tag, whatever the setting', () => {
    const options = { name: 'pay', place, proxy, plugin };
    expect(kubeconfigEntry({ ...options, cluster: aCluster('pay'), form: 'tls' }).user.kind).toBe('token');
    const tagged = aCluster('pay', { entryForm: 'connect' });
    expect(kubeconfigEntry({ ...options, cluster: tagged, form: 'tls' }).user.kind).toBe('exec');
  });
});

describe('the environment of the plugin', () => {
  it.each([
    ['linux', { HOME: '/home/ada' }, ['HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR']],
    ['darwin', { HOME: '/Users/ada' }, ['HOME']],
    ['win32', { USERPROFILE: 'C:\\Users\\ada' }, ['USERPROFILE', 'APPDATA', 'LOCALAPPDATA']],
  ] as const)('names the folders of the agent on %s, and no options for Node', (platform, env, names) => {
    const pinned = pinnedEnvironment({ ...env, NODE_OPTIONS: '--require /missing.cjs' }, platform);
    expect(Object.keys(pinned)).toEqual([...names, 'NODE_OPTIONS']);
    expect(pinned).toMatchObject(env);
    const { [names[0]]: home, ...others } = pinned;
    expect(home).toBe(Object.values(env)[0]);
    // An empty value clears what a client has set.
    expect(new Set(Object.values(others))).toEqual(new Set(['']));
  });
});
