import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startAgent } from '../../../support/start-agent.ts';
import { type Google, startGoogle } from './google.ts';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

test('GOOGLE_APPLICATION_CREDENTIALS is a file in the folder of its shell, and counts there only', async () => {
  const agent = await startAgent({
    env: { ...google.env, K8S_TUNNELS_MANAGED_CONFIG: path.join(google.home, 'managed.yaml') },
  });
  onTestFinished(() => agent.close());
  await agent.discover();
  const cluster = agent.snapshot().clusters.find(({ source }) => source === 'gke')?.id ?? 'none';
  const inFolder = async (name: string) => {
    const cwd = path.join(google.home, name);
    await mkdir(cwd);
    const account = google.gcp.createServiceAccount(name);
    await writeFile(path.join(cwd, 'key.json'), JSON.stringify(account));
    const variables = { ...shared(), GOOGLE_APPLICATION_CREDENTIALS: 'key.json' };
    return { environment: { cwd, variables }, email: account.client_email };
  };
  const shared = () =>
    Object.fromEntries(
      Object.entries(google.env).flatMap(([one, value]) =>
        one.startsWith('CLOUDSDK_') && value !== undefined ? [[one, value]] : [],
      ),
    );
  const whose = async (environment?: {
    readonly cwd: string;
    readonly variables: Record<string, string>;
  }) => {
    const { status } = (await agent.credential({ cluster, environment })) as { status: { token: string } };
    return google.gcp.signIns.find(status.token);
  };
  const [shop, stock] = [await inFolder('shop'), await inFolder('stock')];
  expect(await whose(shop.environment)).toBe(shop.email);
  expect(agent.snapshot().identities).toMatchObject([
    {
      used: `Google service account ${shop.email}`,
      grants: expect.stringContaining('IAM role'),
    },
  ]);
  expect(await whose(stock.environment)).toBe(stock.email);
  expect(await whose({ cwd: google.home, variables: shared() })).toBe('ada@acme.example');
  expect(await whose()).toBe('ada@acme.example');
  const gone = { cwd: google.home, variables: { ...shared(), GOOGLE_APPLICATION_CREDENTIALS: 'key.json' } };
  await expect(whose(gone)).rejects.toMatchObject({
    code: 'file-unreadable',
    message: expect.stringContaining(path.join(google.home, 'key.json')),
  });
});
