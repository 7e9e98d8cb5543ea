import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TlsEndpoint } from '../../../main/agent/api-proxy/tls-endpoint.ts';
import { defaultSettings, type Settings } from '../../../main/model/settings.ts';
import { eksCluster } from '../catalog/clusters.ts';
import { type Rig, startRigWith } from './rig.ts';

// Entries of a production cluster that opens read-only: none leads around the local TLS proxy.

const prod = eksCluster('prod', {
  tags: {
    'k8s-tunnels-hostname': 'prod.example.com',
    'k8s-tunnels-environment': 'production',
    'k8s-tunnels-entry': 'socks5',
  },
});
const proxy: TlsEndpoint = {
  port: 31_235,
  certificateAuthorityData: 'Q0E=',
  secret: 'S3cretToken',
  until: 0,
};

let rig: Rig;
let settings: Settings;
beforeEach(async () => {
  settings = defaultSettings;
  rig = await startRigWith(
    {
      entrySettings: () => settings,
      apiProxies: {
        forEntry: async () => proxy,
        forTerminal: async () => proxy,
        end: async () => {},
        endTerminals: async () => {},
        release: async () => {},
        traffic: () => undefined,
      },
    },
    prod,
  );
  await rig.connections.restore();
});
afterEach(() => rig.close());

const isolate = async () => {
  const { terminals } = await rig.connections.isolate({
    clusters: [prod],
    kind: 'shell',
    pid: process.pid,
    form: 'socks5',
    signal: new AbortController().signal,
  });
  return terminals[0]?.file ?? '';
};
const expectTls = (text: string | undefined) => {
  expect(text).toContain('https://127.0.0.1:31235');
  expect(text).not.toMatch(/proxy-url|exec:/);
};

test('an entry and a terminal of another form are written again when the rule begins, and when it ends', async () => {
  await rig.connect([prod]);
  const file = await isolate();
  expect(await rig.text()).toContain('proxy-url');
  expect(await readFile(file, 'utf8')).toContain('proxy-url');
  settings = { ...settings, productionReadOnly: true };
  await rig.connections.rewrite();
  expectTls(await rig.text());
  expectTls(await readFile(file, 'utf8'));
  settings = { ...settings, productionReadOnly: false };
  await rig.connections.rewrite();
  expect(await rig.text()).toContain('proxy-url');
  expect(await rig.text()).not.toContain('S3cretToken');
});

test('a terminal gets no other form, whatever it asks for', async () => {
  settings = { ...settings, productionReadOnly: true, clusterEntryForms: [`${prod.id}=socks5`] };
  expectTls(await readFile(await isolate(), 'utf8'));
  await rig.connect([prod]);
  expectTls(await rig.text());
});
