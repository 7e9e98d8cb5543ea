import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../main/agent/parts.ts';
import { createAksSource } from '../../../../main/agent/providers/azure/aks.ts';
import { findAzureCloud } from '../../../../main/agent/providers/azure/azure-cloud.ts';
import { createAzureLogin } from '../../../../main/agent/providers/azure/login.ts';
import { discoverOnce } from '../../discovery/clouds.ts';
import { type AzureCloud, startAzureCloud } from './cloud.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'azure-cloud-'));
  file = path.join(folder, 'clouds.config');
});
afterEach(() => rm(folder, { recursive: true }));

const find = (authorityHost: string, name?: string) => findAzureCloud({ authorityHost, name, file });
const china = { authority: 'https://login.chinacloudapi.cn' };

test.each([
  ['', undefined, { authority: 'https://login.microsoftonline.com' }],
  ['', 'AzureChinaCloud', china],
  ['https://login.partner.microsoftonline.cn/', 'AzureCloud', china],
  ['login.chinacloudapi.cn', undefined, china],
  ['https://login.microsoftonline.us', 'AzureCloud', { authority: 'https://login.microsoftonline.us' }],
])('AZURE_AUTHORITY_HOST %j and the cloud %s of az', async (host, name, cloud) => {
  expect(await find(host, name)).toMatchObject(cloud);
});

test('a cloud that is registered with az has its own addresses', async () => {
  const lines = [
    '[AzureCloud]',
    'endpoint_active_directory = https://evil.example',
    'endpoint_resource_manager = https://evil.example',
    '[Half]',
    'endpoint_active_directory = https://login.half.example',
    '[Stack]',
    'profile = 2020-09-01-hybrid',
    'endpoint_active_directory = https://login.stack.example/',
    'endpoint_active_directory_resource_id = https://other.example/',
    'endpoint_resource_manager = https://management.stack.example',
  ];
  for (const end of ['\n', '\r\n']) {
    await writeFile(file, lines.join(end) + end);
    const stack = {
      authority: 'https://login.stack.example',
      resourceManager: 'https://management.stack.example',
    };
    expect(await find('', 'Stack')).toEqual(stack);
    expect(await find('https://login.stack.example')).toEqual(stack);
  }
  expect(await find('', 'AzureCloud')).toMatchObject({ authority: 'https://login.microsoftonline.com' });
  expect(await find('', 'Half')).toMatchObject({ code: 'azure-failed' });
});

test.each([
  ['https://login.sovereign.example', undefined, 'AZURE_AUTHORITY_HOST names a cloud', 'unset it'],
  ['', 'AzureSovereignCloud', 'the Azure cloud AzureSovereignCloud', '`az cloud set`'],
])('an unknown cloud is an error: %j %s', async (host, name, message, hint) => {
  expect(await find(host, name)).toMatchObject({
    code: 'azure-failed',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
});

test('no other cloud is asked with the secrets of one that is not known', async () => {
  const cloud: AzureCloud = await startAzureCloud();
  try {
    const { network, home, proxy, traffic } = cloud;
    const env = {
      ...cloud.env,
      AZURE_AUTHORITY_HOST: 'https://login.sovereign.example',
      AZURE_TENANT_ID: cloud.plan.azure.tenants[0]?.id,
      AZURE_CLIENT_ID: cloud.plan.azure.application.id,
      AZURE_CLIENT_SECRET: cloud.plan.azure.application.secret,
    };
    const source = createAksSource({ env, home, network, clock: systemClock });
    await expect(discoverOnce(source)).rejects.toMatchObject({ code: 'azure-failed' });
    const ownFile = {
      path: file,
      store: file,
      read: async () => undefined,
      write: async () => {},
      remove: async () => false,
    };
    const login = createAzureLogin({ parts: { env, home, network, ownFile }, tenants: () => [] });
    expect((await login.accounts()).map(({ session }) => session)).toContain('AZURE_CLIENT_ID');
    await expect(
      login.signIn({
        session: 'organizations',
        signal: new AbortController().signal,
        deviceCode: true,
        password: undefined,
        onUrl: async () => false,
        onDeviceCode() {},
      }),
    ).rejects.toMatchObject({ code: 'azure-failed' });
    expect(traffic.count()).toBe(0);
    expect(proxy.refused).toEqual([]);
  } finally {
    await cloud.close();
  }
});
