import { afterEach, expect, test } from 'vitest';
import type { TlsEndpoint } from '../../../main/agent/api-proxy/tls-endpoint.ts';
import { knownWay } from '../../../main/agent/connections/known-way.ts';
import type { EntryForm } from '../../../main/model/entry-form.ts';
import { defaultSettings } from '../../../main/model/settings.ts';
import { eksCluster } from '../catalog/clusters.ts';
import { type Rig, startRigWith } from './rig.ts';

const web = eksCluster('web', {
  tags: { 'k8s-tunnels-hostname': 'web.example.com', 'k8s-tunnels-origin': 'https' },
});
const proxy: TlsEndpoint = {
  port: 31_235,
  certificateAuthorityData: 'Q0E=',
  secret: 'S3cretToken',
  until: 0,
};

let rig: Rig;
afterEach(() => rig.close());

const start = async (form: EntryForm) => {
  rig = await startRigWith(
    {
      entrySettings: () => ({ ...defaultSettings, entryForm: form }),
      apiProxies: {
        forEntry: async () => proxy,
        forTerminal: async () => proxy,
        end: async () => {},
        endTerminals: async () => {},
        release: async () => {},
        traffic: () => undefined,
      },
    },
    web,
  );
  await rig.connections.restore();
};

test.each(['socks5', 'connect', 'tls'] as const)(
  'the entry of a web application names the local TLS proxy, with the setting %s',
  async (form) => {
    await start(form);
    const { outcomes } = await rig.connect([web]);
    expect(outcomes).toMatchObject([{ status: 'connected' }]);
    const text = await rig.text();
    expect(text).toContain('https://127.0.0.1:31235');
    expect(text).toContain('S3cretToken');
    expect(text).not.toContain('proxy-url');
    // It is written again when its secret is due.
    await rig.connections.rewrite();
    expect(await rig.text()).toContain('S3cretToken');
  },
);

test('a terminal of a web application gets that form too, whatever it asks for', async () => {
  await start('socks5');
  const { outcomes, terminals } = await rig.connections.isolate({
    clusters: [web],
    kind: 'shell',
    pid: process.pid,
    form: 'socks5',
    signal: new AbortController().signal,
  });
  expect(outcomes).toMatchObject([{ status: 'connected' }]);
  const [terminal] = terminals;
  const { readFile } = await import('node:fs/promises');
  expect(await readFile(terminal?.file ?? '', 'utf8')).toContain('https://127.0.0.1:31235');
});

test('its entry leads nowhere but to the proxy, also before anything listens', async () => {
  await start('socks5');
  const none = { find: () => undefined };
  expect(
    knownWay(web.id, { catalog: { get: () => web }, tunnels: none, ports: { known: () => undefined } }),
  ).toEqual({ cluster: web, local: undefined });
});
