import { afterEach, describe, expect, it } from 'vitest';
import { kubeconfigEntry } from '../../../main/agent/connections/kubeconfig-entry.ts';
import { chooseConnector } from '../../../main/agent/tunnels/connector-choice.ts';
import { type Rig, startRig } from './rig.ts';

const acme = { name: 'Acme', allowed: ['builtin', 'cloudflared'] as const, default: undefined };

describe('which connector', () => {
  it.each([
    [undefined, undefined, { kind: 'builtin', mayTurn: true }],
    ['auto', undefined, { kind: 'builtin', mayTurn: true }],
    ['direct', undefined, { kind: 'direct', mayTurn: false }],
    ['cloudflared', acme, { kind: 'cloudflared', mayTurn: false }],
    ['builtin', acme, { kind: 'builtin', mayTurn: false }],
    [undefined, { ...acme, default: 'cloudflared' as const }, { kind: 'cloudflared', mayTurn: false }],
    // The tag comes before the organisation's default.
    ['auto', { ...acme, default: 'cloudflared' as const }, { kind: 'builtin', mayTurn: true }],
    [undefined, { ...acme, allowed: ['builtin'] as const }, { kind: 'builtin', mayTurn: false }],
    [undefined, { ...acme, allowed: ['cloudflared'] as const }, { kind: 'cloudflared', mayTurn: false }],
    ['direct', { ...acme, allowed: ['builtin', 'direct'] as const }, { kind: 'direct', mayTurn: false }],
  ] as const)('tag %s under %j', (connector, rules, chosen) => {
    const cluster = { title: 'depot', ...(connector === undefined ? {} : { connector }) };
    expect(chooseConnector(cluster, rules)).toEqual(chosen);
  });

  it('refuses what the organisation does not allow, and names the tag', () => {
    const cluster = { title: 'depot', connector: 'direct', tagPrefix: 'acme-' } as const;
    expect(() => chooseConnector(cluster, acme)).toThrow(
      expect.objectContaining({
        code: 'connector-refused',
        message: expect.stringContaining('acme-connector of depot'),
        hint: expect.stringContaining('builtin, cloudflared'),
      }),
    );
    expect(() => chooseConnector({ title: 'depot' }, { ...acme, default: 'direct' })).toThrow(/its defaults/);
  });

  it('names the Connect gateway where the organisation does not allow what it needs', () => {
    const server = 'https://connectgateway.googleapis.com/v1/projects/1/locations/global/memberships/depot';
    expect(() => chooseConnector({ title: 'depot', connector: 'direct', server }, acme)).toThrow(
      expect.objectContaining({
        code: 'connector-refused',
        message: "Acme does not allow direct, by which Google's Connect gateway reaches depot.",
        hint: expect.stringContaining('list direct under connectors'),
      }),
    );
  });
});

describe('direct', () => {
  let rig: Rig;
  afterEach(() => rig.close());
  const title = 'payments-staging';
  const change = (port: number) => ({
    connector: 'direct' as const,
    reach: { kind: 'direct' as const },
    server: `https://127.0.0.1:${port}`,
    serverName: new URL(rig.cluster(title).server).hostname,
  });

  it('has no port, asks no Access, and its entry names the server as it is', async () => {
    rig = await startRig();
    const { port } = rig.world.api(title);
    const { state, tunnel } = await rig.open(title, change(port));
    if (state.status !== 'connected') throw new Error(JSON.stringify(state));
    expect(state.probe.stages.map(({ stage }) => stage)).toEqual(['origin', 'tls', 'readyz']);
    expect([tunnel.connector(), tunnel.localPort()]).toEqual(['direct', undefined]);
    expect(rig.world.traffic.served.filter(({ service }) => ['access', 'edge'].includes(service))).toEqual(
      [],
    );
    const entry = kubeconfigEntry({
      name: 'main',
      cluster: rig.cluster(title, change(port)),
      local: tunnel.localPort(),
      plugin: { command: '/k8s-tunnels', args: [] },
    });
    expect(entry.cluster).toMatchObject({ server: `https://127.0.0.1:${port}` });
    expect(entry.cluster).not.toHaveProperty('proxyUrl');
    await rig.tunnels.close(tunnel.id);
  });

  it('fails where nothing answers', async () => {
    rig = await startRig();
    const { state } = await rig.open(title, change(1));
    expect(state).toMatchObject({ status: 'failed', failure: { error: { code: 'network-unreachable' } } });
  });

  it('is refused, with or without a host name, where the organisation does not list it', async () => {
    rig = await startRig({ rules: () => acme });
    await expect(rig.open(title, change(1))).rejects.toMatchObject({ code: 'connector-refused' });
    await expect(rig.open(title, { connector: 'direct' })).rejects.toMatchObject({
      code: 'connector-refused',
    });
    expect(rig.tunnels.list()).toEqual([]);
  });
});
