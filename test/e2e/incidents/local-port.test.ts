import { access, readFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { proxyClient, runOwn } from '../../attack/gateway-rig.ts';
import { connectThrough, type Tunnelled } from '../tunnel-fixture.ts';
import { linesUnder } from './runbook.ts';

// docs/runbook.md: a kubeconfig or the password of a local port has leaked.

let tunnelled: Tunnelled;
let lines: readonly string[];
beforeAll(async () => {
  lines = await linesUnder('A kubeconfig or the password of a local port', ['k8s-tunnels', 'kubectl']);
  tunnelled = await connectThrough('payments-staging-eu');
});
afterAll(() => tunnelled?.close());

const shell = (line: string) => tunnelled.commandLine.run('bash', ['-c', line]);
const line = (words: string): string => {
  const found = lines.find((one) => one.startsWith(words));
  if (found === undefined) throw new Error(`the runbook has no line ${words}`);
  return found;
};

async function clusterIn(file: string) {
  const { clusters, users } = parse(await readFile(file, 'utf8'));
  return { ...clusters[0].cluster, token: users[0].user.token } as Readonly<Record<string, string>>;
}
/** What a client that has kept an entry's password is answered: `05020101` is a refusal of SOCKS5. */
async function socks(): Promise<{ readonly port: string; ask(): Promise<string> }> {
  const { 'proxy-url': proxy = '', server = '' } = await clusterIn(
    tunnelled.commandLine.env.KUBECONFIG ?? '',
  );
  const { port, username: user, password } = new URL(proxy);
  const { hostname: host } = new URL(server);
  const entry = JSON.stringify({ port: Number(port), user, password, host, hostPort: 443 });
  return { port, ask: () => runOwn(proxyClient, ['socks', entry]) };
}
/** What a client that has kept a separate kubeconfig is answered. */
async function separate(cluster: string, file: string): Promise<() => Promise<number | string>> {
  await tunnelled.commandLine.tunnels('kubeconfig', cluster, '--for', file, '--read-only');
  const entry = await clusterIn(path.join(tunnelled.world.home, file));
  const ca = Buffer.from(entry['certificate-authority-data'] ?? '', 'base64');
  const headers = { authorization: `Bearer ${entry.token}` };
  return () =>
    new Promise((resolve) =>
      https
        .get(`${entry.server}/api/v1/namespaces`, { ca, headers, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        })
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')),
    );
}

test('rotate of one cluster ends its password and its separate kubeconfigs, and kubectl goes on', async (context) => {
  context.skip(tunnelled.commandLine.kubectl === undefined, 'kubectl is not installed');
  const [old, reader] = [await socks(), await separate('payments-staging', './reader.yaml')];
  expect([await old.ask(), await reader()]).toEqual([expect.stringMatching(/^0502010005/), 200]);
  expect(await shell(line('k8s-tunnels rotate payments-staging'))).toMatchObject({ code: 0 });
  expect((await socks()).port).toBe(old.port);
  expect([await old.ask(), await reader()]).toEqual(['05020101', 401]);
  expect(await shell(line('kubectl --context'))).toMatchObject({ code: 0 });
  expect((await shell(line('k8s-tunnels activity'))).stdout).toContain('wrong password');
});

test('rotate of all ends the separate kubeconfigs of clusters without an entry too', async () => {
  const [old, reader] = [await socks(), await separate('search-staging', './other.yaml')];
  expect(await reader()).toBe(200);
  expect(await shell(line('k8s-tunnels rotate --all'))).toMatchObject({ code: 0 });
  expect([await old.ask(), await reader()]).toEqual(['05020101', 401]);
});

test('the end of one separate kubeconfig removes it and refuses its secret', async () => {
  const reader = await separate('payments-staging', './reader.yaml');
  const file = path.join(tunnelled.world.home, 'reader.yaml');
  await access(file);
  expect(await shell(line('k8s-tunnels kubeconfig end'))).toMatchObject({ code: 0 });
  expect([401, 'ECONNREFUSED']).toContain(await reader());
  await expect(access(file)).rejects.toThrow('ENOENT');
  expect(await (await socks()).ask()).toMatch(/^0502010005/);
});
