import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Output } from '../../main/api/contract.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

// The entry form `tls`, through the built product: what every client sees, kubectl for one.

const cluster = 'payments-staging-eu';
const namespace = 'payments-staging';
const pod = 'web-6d4cf56db6-x2v9k';
const checksum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let tunnelled: Tunnelled;
beforeAll(async () => {
  tunnelled = await connectThrough(cluster);
});
afterAll(() => tunnelled?.close());

interface Entry {
  readonly server: string;
  readonly ca: string;
  readonly token: string | undefined;
  readonly proxy: string | undefined;
}
const kubeconfig = () => tunnelled.commandLine.env.KUBECONFIG ?? '';

async function entryIn(file: string): Promise<Entry> {
  const { clusters, users } = parse(await readFile(file, 'utf8')) as {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: { readonly token?: string } }[];
  };
  const [one] = clusters;
  return {
    server: one?.cluster.server ?? '',
    ca: Buffer.from(one?.cluster['certificate-authority-data'] ?? '', 'base64').toString(),
    token: users[0]?.user.token,
    proxy: one?.cluster['proxy-url'],
  };
}

async function ask(
  { server, ca }: Entry,
  token: string | undefined,
): Promise<{ status: number; body: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const request = https.get(`${server}/api/v1/namespaces?limit=1`, { ca, headers, agent: false });
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

test('kubectl works through the local TLS proxy as through the tunnel, and back', async (context) => {
  const { commandLine, kubectl, folder, world } = tunnelled;
  const before = await readFile(kubeconfig(), 'utf8');
  await commandLine.tunnels('settings', 'entryForm', 'tls');
  await expect.poll(async () => (await entryIn(kubeconfig())).token, { timeout: 10_000 }).toBeDefined();
  const entry = await entryIn(kubeconfig());
  expect(entry.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(entry.proxy).toBeUndefined();

  // Without the secret: nothing.
  for (const token of [undefined, 'wrong', `${entry.token}x`]) {
    const { status, body } = await ask(entry, token);
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
  }
  expect((await ask(entry, entry.token)).status).toBe(200);

  context.skip(whyNoKubectl !== undefined, whyNoKubectl);
  const { env } = commandLine;
  expect(await kubectl('get', 'ns', '-o', 'name')).toContain('namespace/');
  expect(await kubectl('auth', 'whoami')).toContain('Username');
  const watch = commandLine.follow('kubectl', ['get', 'ns', '-o', 'name', '--watch']);
  await watch.line(/^namespace\//);
  world.api(namespace).addNamespace('late');
  await watch.line(/^namespace\/late/);
  const log = commandLine.follow('kubectl', ['logs', '-f', '-n', namespace, pod, '--tail=1']);
  await log.line(/./);
  world.api(namespace).appendLog(namespace, pod, 'one more');
  await log.line(/^one more$/);

  const bytes = randomBytes(5 << 20);
  const { stdout } = await execa('kubectl', ['exec', '-i', '-n', namespace, pod, '--', 'cat'], {
    input: bytes,
    encoding: 'buffer',
    maxBuffer: 10 << 20,
    env,
  });
  expect(checksum(Buffer.from(stdout))).toBe(checksum(bytes));
  expect(
    await commandLine.run('kubectl', ['exec', '-n', namespace, pod, '--', 'sh', '-c', 'exit 9']),
  ).toMatchObject({ code: 9 });
  if (process.platform !== 'win32') {
    await mkdir(path.join(folder, 'given'), { recursive: true });
    await writeFile(path.join(folder, 'given', 'bytes'), bytes);
    await kubectl('cp', '-n', namespace, path.join(folder, 'given'), `${pod}:/tmp/there`);
    expect(await kubectl('exec', '-n', namespace, pod, '--', 'sha256sum', '/tmp/there/bytes')).toContain(
      checksum(bytes),
    );
  }
  const forwarding = commandLine.follow('kubectl', [
    'port-forward',
    '-n',
    namespace,
    'deployment/web',
    ':8080',
  ]);
  const [, port] = /127\.0\.0\.1:(\d+) -> 8080/.exec(await forwarding.line(/^Forwarding from 127/)) ?? [];
  const answers = await Promise.all(
    Array.from({ length: 10 }, async (_, at) => (await fetch(`http://127.0.0.1:${port}/${at}`)).text()),
  );
  for (const [at, answer] of answers.entries())
    expect(answer).toMatch(new RegExp(`^web-\\S+: GET /${at}\n$`));

  // An on-demand context: the first client opens the tunnel.
  await commandLine.tunnels('disconnect', cluster);
  expect(await kubectl('--context', cluster, 'get', 'ns', '-o', 'name')).toContain('namespace/');

  await commandLine.tunnels('settings', 'entryForm', '--reset');
  // All as before, but for the current context, which disconnecting has restored.
  const restored = before.replace(/^current-context: .*\n/m, '');
  await expect.poll(() => readFile(kubeconfig(), 'utf8'), { timeout: 10_000 }).toBe(restored);
  const portOf = () =>
    ask(entry, entry.token).then(
      () => 'open',
      ({ code }: NodeJS.ErrnoException) => code,
    );
  await expect.poll(portOf, { timeout: 10_000 }).toBe('ECONNREFUSED');
}, 120_000);

test('a separate file for one program works beside the kubeconfig, and ends with the sign-out', async () => {
  const { commandLine, folder } = tunnelled;
  const before = await readFile(kubeconfig(), 'utf8');
  const file = path.join(folder, 'for-python.yaml');
  const written = await commandLine.tunnels<Output<'kubeconfig-file'> & { readonly file: string }>(
    ...['kubeconfig', cluster, '--for', file],
  );
  expect(written).toMatchObject({ file, clusters: [{ title: cluster, context: cluster }] });
  expect(written.kubeconfig).toBeUndefined();
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(kubeconfig(), 'utf8')).toBe(before);
  const entry = await entryIn(file);
  expect((await ask(entry, entry.token)).status).toBe(200);
  // It can be written again, and no file of anybody else's is.
  await commandLine.tunnels('kubeconfig', cluster, '--for', file);
  await expect(commandLine.tunnels('kubeconfig', cluster, '--for', kubeconfig())).rejects.toThrow(
    'has not written it',
  );

  await commandLine.tunnels('logout', 'access', 'acme');
  const { status, body } = await ask(entry, entry.token);
  expect(status).toBe(401);
  expect(JSON.parse(body).message).toContain('k8s-tunnels connect');
});
