import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../main/agent/catalog/catalog.ts';
import { createEntries } from '../../../main/agent/connections/entries.ts';
import type { GivenNames } from '../../../main/agent/connections/given-names.ts';
import { kubeconfigEntry } from '../../../main/agent/connections/kubeconfig-entry.ts';
import type { Kubeconfig, KubeconfigEntry } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { pinnedEnvironment } from '../../../main/agent/paths.ts';
import type { EntryForm } from '../../../main/model/entry-form.ts';
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
});

describe('the form of an entry', () => {
  const proxy = { port: 31_235, certificateAuthorityData: 'Q0E=', secret: 'S3cretToken', until: 0 };
  const asked: unknown[] = [];
  const entriesWith = (form: EntryForm) =>
    createEntries({
      catalog: { clusters: () => [] } as unknown as Catalog,
      kubeconfig: {} as Kubeconfig,
      given: { list: () => new Map(), give() {} } as unknown as GivenNames,
      plugin,
      entryForm: () => form,
      apiProxies: {
        forEntry: async () => proxy,
        async forFile(_, how) {
          asked.push(how);
          return { ...proxy, secret: 'ReadOnly' };
        },
      },
      noticeOnce() {},
    });
  const shown = ({ cluster: { proxyUrl }, user }: KubeconfigEntry) =>
    user.kind === 'token' ? user.token : proxyUrl?.split(':')[0];

  it.each([
    ['that of the setting', undefined, 'connect', undefined, 'http'],
    ['that of the tag, whatever the setting', 'socks5', 'connect', undefined, 'socks5'],
    ['that of the tag, with a setting of tls', 'connect', 'tls', undefined, 'http'],
    ['tls by the tag', 'tls', 'socks5', undefined, 'S3cretToken'],
    ['that of the file, whatever the tag', 'socks5', 'connect', 'tls', 'S3cretToken'],
    ['that of the file, with a tag of tls', 'tls', 'tls', 'connect', 'http'],
  ] as const)('is %s', async (_, tag, setting, own, expected) => {
    const cluster = aCluster('pay', tag === undefined ? {} : { entryForm: tag });
    expect(shown(await entriesWith(setting).through(cluster, place, own))).toBe(expected);
  });

  it.each(['socks5', 'connect', 'tls'] as const)(
    'of a read-only file has nothing but a secret that reads, also with the tag %s',
    async (entryForm) => {
      const own = { terminal: '00112233aabbccdd', readOnly: { secrets: true } } as const;
      const entry = await entriesWith('socks5').through(aCluster('pay', { entryForm }), place, own);
      expect(entry.user).toEqual({ kind: 'token', token: 'ReadOnly' });
      expect(entry.cluster.proxyUrl).toBeUndefined();
      expect(asked.at(-1)).toEqual(own);
    },
  );
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
