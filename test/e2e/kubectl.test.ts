import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { helmProgram, whyNoHelm, writeChart } from '../world-tests/helm-fixture.ts';
import { whyNoKubectl } from '../world-tests/kube-fixture.ts';
import { connectThrough, type Tunnelled } from './tunnel-fixture.ts';

const cluster = 'payments-staging-eu';
const namespace = 'payments-staging';
const pod = 'web-6d4cf56db6-x2v9k';
const script = await execa('script', ['--version'], { reject: false });
const checksum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let tunnelled: Tunnelled;

beforeAll(async () => {
  if (whyNoKubectl === undefined) tunnelled = await connectThrough(cluster);
});

afterAll(() => tunnelled?.close());

beforeEach((context) => context.skip(whyNoKubectl !== undefined, whyNoKubectl));

test('exec: bytes in and out, the exit code, and a terminal', async (context) => {
  const { commandLine, kubectl } = tunnelled;
  const { env } = commandLine;
  expect(await kubectl('exec', '-n', namespace, pod, '--', 'hostname')).toBe(pod);
  const failed = await commandLine.run('kubectl', ['exec', '-n', namespace, pod, '--', 'sh', '-c', 'exit 9']);
  expect(failed).toMatchObject({ code: 9, stderr: 'command terminated with exit code 9\n' });
  const bytes = randomBytes(5 << 20);
  const { stdout } = await execa('kubectl', ['exec', '-i', '-n', namespace, pod, '--', 'cat'], {
    input: bytes,
    encoding: 'buffer',
    maxBuffer: 10 << 20,
    env,
  });
  expect(checksum(Buffer.from(stdout))).toBe(checksum(bytes));

  context.skip(script.exitCode !== 0, 'script is not installed: no terminal');
  const command = `stty rows 33 cols 101; exec kubectl exec -it -n ${namespace} ${pod} -- sh`;
  const shell = execa('script', ['-qec', command, '/dev/null'], { env, reject: false });
  let seen = '';
  shell.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  const shows = (pattern: RegExp) => expect.poll(() => seen, { timeout: 10_000 }).toMatch(pattern);
  await shows(/\/ # $/);
  shell.stdin.write('stty size\r');
  await shows(/\n33 101\r+\n\/ # $/);
  shell.stdin.write('exit 5\r');
  expect((await shell).exitCode).toBe(5);
});

test('port-forward: HTTP through it, many connections at once', async () => {
  const { commandLine, world } = tunnelled;
  const forwarding = commandLine.follow('kubectl', [
    'port-forward',
    '-n',
    namespace,
    'deployment/web',
    ':8080',
  ]);
  const [, port] = /127\.0\.0\.1:(\d+) -> 8080/.exec(await forwarding.line(/^Forwarding from 127/)) ?? [];
  const url = `http://127.0.0.1:${port}`;
  const answers = await Promise.all(
    Array.from({ length: 10 }, async (_, at) => (await fetch(`${url}/${at}`)).text()),
  );
  for (const [at, answer] of answers.entries())
    expect(answer).toMatch(new RegExp(`^web-\\S+: GET /${at}\n$`));
  const body = randomBytes(5 << 20);
  const answer = await fetch(url, { method: 'POST', body });
  expect(checksum(Buffer.from(await answer.arrayBuffer()))).toBe(checksum(body));
  // Over WebSocket at the first attempt: no second one by SPDY alone.
  expect(world.traffic.count('kube', 'portforward')).toBe(1);
});

test('cp: a folder there and back', async (context) => {
  context.skip(process.platform === 'win32', 'kubectl cp takes a drive letter for a pod');
  const { folder, kubectl } = tunnelled;
  const given = path.join(folder, 'given');
  await mkdir(path.join(given, 'deep'), { recursive: true });
  const bytes = randomBytes(5 << 20);
  await writeFile(path.join(given, 'deep', 'bytes'), bytes);
  await kubectl('cp', '-n', namespace, given, `${pod}:/tmp/there`);
  expect(await kubectl('exec', '-n', namespace, pod, '--', 'sha256sum', '/tmp/there/deep/bytes')).toBe(
    `${checksum(bytes)}  /tmp/there/deep/bytes`,
  );
  const back = path.join(folder, 'back');
  await kubectl('cp', '-n', namespace, `${pod}:/tmp/there`, back);
  expect(checksum(await readFile(path.join(back, 'deep', 'bytes')))).toBe(checksum(bytes));
});

test('apply, from the client and from the server, and delete', async () => {
  const { folder, kubectl } = tunnelled;
  const file = path.join(folder, 'config.yaml');
  const write = (colour: string) =>
    writeFile(
      file,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shade\ndata:\n  colour: ${colour}\n`,
    );
  await write('red');
  expect(await kubectl('apply', '-n', namespace, '-f', file)).toBe('configmap/shade created');
  await write('blue');
  expect(await kubectl('apply', '-n', namespace, '-f', file, '--server-side')).toBe(
    'configmap/shade serverside-applied',
  );
  expect(await kubectl('get', '-n', namespace, '-f', file, '-o', 'jsonpath={.data.colour}')).toBe('blue');
  expect(await kubectl('delete', '-n', namespace, '-f', file)).toMatch(/^configmap "shade" deleted/);
});

test('helm: install, list, uninstall', async (context) => {
  context.skip(whyNoHelm !== undefined, whyNoHelm);
  const { commandLine, folder } = tunnelled;
  const helm = (...args: string[]) =>
    execa(helmProgram, ['-n', namespace, ...args], { env: commandLine.env });
  const list = async () => JSON.parse((await helm('list', '-o', 'json')).stdout);
  expect(await list()).toEqual([]);
  await helm('install', 'shade', await writeChart(folder));
  expect(await list()).toMatchObject([{ name: 'shade', revision: '1', status: 'deployed' }]);
  expect((await helm('uninstall', 'shade')).stdout).toBe('release "shade" uninstalled');
});

test('logs -f goes on while other tunnels come and go, and ends when what carried it breaks', async () => {
  const { commandLine, world } = tunnelled;
  const api = world.api(namespace);
  const follow = () => commandLine.follow('kubectl', ['logs', '-f', '-n', namespace, pod, '--tail=1']);
  const log = follow();
  await log.line(/./);
  for (const line of ['one', 'two']) {
    api.appendLog(namespace, pod, line);
    await log.line(new RegExp(`^${line}$`));
  }
  await commandLine.tunnels('connect', 'search-staging');
  await commandLine.tunnels('disconnect', 'search-staging');
  api.appendLog(namespace, pod, 'three');
  await log.line(/^three$/);

  // A TCP connection cannot outlive its WebSocket: kubectl ends, as it does when any network breaks under it.
  const ended = once(log.child, 'close');
  expect(world.access.dropConnections()).toBeGreaterThan(0);
  expect(await ended).toEqual([1, null]);
  await log.line(/^error: .*(EOF|connection reset)/);
  const next = follow();
  await next.line(/^three$/);
  api.appendLog(namespace, pod, 'four');
  await next.line(/^four$/);
});
