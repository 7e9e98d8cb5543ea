import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../main/agent/catalog/catalog.ts';
import { createEntries } from '../../../main/agent/connections/entries.ts';
import type { GivenNames } from '../../../main/agent/connections/given-names.ts';
import { kubeconfigEntry } from '../../../main/agent/connections/kubeconfig-entry.ts';
import { execCredential } from '../../../main/agent/credentials/exec-credential.ts';
import type { Kubeconfig, KubeconfigEntry } from '../../../main/agent/kubeconfig/kubeconfig.ts';
import { pinnedEnvironment } from '../../../main/agent/paths.ts';
import type { ClusterId } from '../../../main/model/cluster.ts';
import {
  type EntryForm,
  type ExecApiVersion,
  entryFormOf,
  withEntryForm,
} from '../../../main/model/entry-form.ts';
import { defaultSettings, settingsSchema } from '../../../main/model/settings.ts';
import { aCluster } from '../../renderer/shown.ts';

const local = { port: 31_234, credentials: { user: 'k8s-tunnels', password: 'S3cret' } };
const plugin = { command: '/bin/k8s-tunnels', args: [] };
const proxyOf = (options: Pick<Parameters<typeof kubeconfigEntry>[0], 'form' | 'cluster'>) =>
  kubeconfigEntry({ ...options, name: 'pay', local, plugin }).cluster.proxyUrl;

describe('the proxy of an entry', () => {
  it('is SOCKS5 unless the setting or the tag says otherwise', () => {
    expect(proxyOf({ cluster: aCluster('pay') })).toBe('socks5://k8s-tunnels:S3cret@127.0.0.1:31234');
  });

  it('is HTTP CONNECT by the setting', () => {
    expect(proxyOf({ cluster: aCluster('pay'), form: 'connect' })).toBe(
      'http://k8s-tunnels:S3cret@127.0.0.1:31234',
    );
  });

  it.each([
    ['socks5', 'socks5:'],
    ['connect', 'http:'],
  ] as const)('is that of the tag, %s, unless another form is asked for', (entryForm, scheme) => {
    const cluster = aCluster('pay', { entryForm });
    expect(new URL(proxyOf({ cluster }) ?? '').protocol).toBe(scheme);
    expect(new URL(proxyOf({ cluster, form: 'connect' }) ?? '').protocol).toBe('http:');
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
    expect(kubeconfigEntry({ cluster, name: 'pay', local, proxy, plugin })).toEqual({
      id: cluster.id,
      name: 'pay',
      cluster: { server: 'https://127.0.0.1:31235', certificateAuthorityData: 'Q0E=' },
      user: { kind: 'token', token: 'S3cretToken' },
      namespace: 'web',
    });
  });

  it('is what a separate file gets, whatever the tag says', () => {
    const options = { name: 'pay', local, proxy, plugin };
    expect(kubeconfigEntry({ ...options, cluster: aCluster('pay'), form: 'tls' }).user.kind).toBe('token');
    const tagged = aCluster('pay', { entryForm: 'connect' });
    expect(kubeconfigEntry({ ...options, cluster: tagged, form: 'tls' }).user.kind).toBe('token');
    expect(kubeconfigEntry({ ...options, cluster: tagged }).user.kind).toBe('exec');
  });
});

describe('the credential of an entry', () => {
  const userOf = (options: {
    readonly execApiVersion?: ExecApiVersion;
    readonly env?: Record<string, string>;
  }) => {
    const { execApiVersion, ...rest } = options;
    const cluster = aCluster('pay');
    return kubeconfigEntry({ cluster, name: 'pay', local, plugin: { ...plugin, ...rest }, execApiVersion })
      .user;
  };

  it('is of the exec API v1, in which the plugin answers where it is not told', () => {
    expect(userOf({})).toMatchObject({ apiVersion: 'client.authentication.k8s.io/v1' });
    expect(userOf({})).not.toHaveProperty('env');
  });

  it('is of v1beta1 where that is set, and so is the answer to a client that names no version', () => {
    const user = userOf({ execApiVersion: 'v1beta1', env: { HOME: '/home/ada' } });
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    expect(user).toMatchObject({ apiVersion, env: { HOME: '/home/ada' } });
    const info = user.kind === 'exec' ? user.env?.KUBERNETES_EXEC_INFO : undefined;
    expect(execCredential({ kind: 'token', token: 'a', expiresAt: undefined }, info)).toMatchObject({
      apiVersion,
    });
  });
});

describe('the form of a cluster', () => {
  const settings = { entryForm: 'socks5', clusterEntryForms: ['a/1=tls', 'a/2=connect'] } as const;

  it('is the user’s for it, else that of its tag, else that for all', () => {
    expect(
      entryFormOf({ ...aCluster('pay', { entryForm: 'connect' }), id: 'a/1' as ClusterId }, settings),
    ).toBe('tls');
    expect(
      entryFormOf({ ...aCluster('pay', { entryForm: 'connect' }), id: 'a/3' as ClusterId }, settings),
    ).toBe('connect');
    expect(entryFormOf({ ...aCluster('pay'), id: 'a/3' as ClusterId }, settings)).toBe('socks5');
  });

  it('is changed for one cluster, and chosen no more where undefined', () => {
    expect(withEntryForm('a/1', 'socks5', settings)).toEqual(['a/2=connect', 'a/1=socks5']);
    expect(withEntryForm('a/2', undefined, settings)).toEqual(['a/1=tls']);
    expect(withEntryForm('a', undefined, settings)).toEqual(settings.clusterEntryForms);
  });

  it.each(['=tls', 'a/1', 'a/1=http', 'a/1=TLS'])('is refused as %s, with what it must be', (text) => {
    const { error } = settingsSchema.shape.clusterEntryForms.safeParse([text]);
    expect(error?.issues[0]?.message).toBe('must be CLUSTER_ID=FORM, with the form socks5, connect or tls');
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
      entrySettings: () => ({ ...defaultSettings, entryForm: form }),
      apiProxies: {
        forEntry: async () => proxy,
        async forTerminal(_, how) {
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
    expect(shown(await entriesWith(setting).through(cluster, local, own))).toBe(expected);
  });

  it.each(['socks5', 'connect', 'tls'] as const)(
    'of a read-only file has nothing but a secret that reads, also with the tag %s',
    async (entryForm) => {
      const own = { terminal: '00112233aabbccdd', readOnly: { secrets: true } } as const;
      const entry = await entriesWith('socks5').through(aCluster('pay', { entryForm }), local, own);
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
