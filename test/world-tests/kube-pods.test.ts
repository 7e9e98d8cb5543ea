import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeApi } from '../world/kube/server.ts';
import { Traffic } from '../world/traffic.ts';
import { createKubectl, type Kubectl, linesOf, startShop, web, whyNoKubectl } from './kube-fixture.ts';

const script = await execa('script', ['--version'], { reject: false });

let traffic: Traffic;
let api: KubeApi;
let kubectl: Kubectl;

beforeEach(async (context) => {
  context.skip(whyNoKubectl !== undefined, whyNoKubectl);
  traffic = new Traffic();
  api = await startShop(traffic);
  kubectl = await createKubectl(api);
});

afterEach(async () => {
  await kubectl?.close();
  await api?.close();
});

const checksum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('exec', () => {
  test('runs lists of commands, each with its output and exit code', async () => {
    const sh = (line: string) => kubectl.start('exec', web, '--', 'sh', '-c', line);
    expect(await sh('echo a > /tmp/f && cat /tmp/f; ls /tmp; false || echo "no: $?"')).toMatchObject({
      exitCode: 0,
      stdout: 'a\nf\nno: 1',
    });
    expect(await sh('cat /nope; exit 7')).toMatchObject({
      exitCode: 7,
      stderr: 'cat: /nope: No such file or directory\ncommand terminated with exit code 7',
    });
  });

  test('carries a megabyte of any bytes in and out', async () => {
    const bytes = randomBytes(1 << 20);
    const { stdout, exitCode } = await execa('kubectl', ['exec', '-i', web, '--', 'cat'], {
      input: bytes,
      encoding: 'buffer',
      env: kubectl.env,
    });
    expect(exitCode).toBe(0);
    expect(checksum(Buffer.from(stdout))).toBe(checksum(bytes));
  });

  test('gives a terminal that echoes, knows its size and interrupts', async (context) => {
    context.skip(script.exitCode !== 0, 'script is not installed');
    // `script` gives kubectl a terminal; what is typed comes from the test, after what it answers shows.
    const command = `stty rows 33 cols 101; kubectl exec -it ${web} -- sh`;
    const shell = execa('script', ['-qec', command, '/dev/null'], { env: kubectl.env, reject: false });
    let seen = '';
    shell.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const shows = (pattern: RegExp) => expect.poll(() => seen, { timeout: 10_000 }).toMatch(pattern);
    await shows(/\/ # $/);
    shell.stdin.write('stty size\r');
    await shows(/\/ # stty size\r+\n33 101\r+\n\/ # $/);
    shell.stdin.write('sleep 600\r');
    await shows(/sleep 600\r+\n$/);
    shell.stdin.write('\x03');
    await shows(/\^C\r+\n\/ # $/);
    shell.stdin.write('exit 5\r');
    expect((await shell).exitCode).toBe(5);
  });

  test('outlives clients that leave in the middle', async () => {
    await kubectl.run('exec', web, '--', 'sh', '-c', 'echo there > /tmp/f');
    const command = ['sh', '-c', 'echo begun; sleep 600'];
    for (const flags of [[], ['-i'], ['-i', '-t']]) {
      const child = kubectl.start('exec', ...flags, web, '--', ...command);
      await linesOf(child.stdout).next();
      child.kill('SIGKILL');
      await child;
    }
    // More than fits on the way, and nobody reads it.
    const feed = execa('kubectl', ['exec', '-i', web, '--', 'cat'], {
      input: randomBytes(8 << 20),
      buffer: false,
      reject: false,
      env: kubectl.env,
    });
    await expect.poll(() => traffic.count('kube', 'exec'), { timeout: 10_000 }).toBe(5);
    feed.kill('SIGKILL');
    await feed;
    expect((await kubectl.run('exec', web, '--', 'cat', '/tmp/f')).out).toBe('there');
  });

  test('words its refusals as the API server and the kubelet do', async () => {
    expect((await kubectl.run('exec', 'nope', '--', 'true')).out).toBe(
      'Error from server (NotFound): pods "nope" not found',
    );
    expect((await kubectl.run('exec', web, '-c', 'nope', '--', 'true')).out).toBe(
      `Error from server (BadRequest): container nope is not valid for pod ${web}`,
    );
    expect((await kubectl.run('exec', 'web-7d9c5b8f6d-fghij', '--', 'true')).out).toBe(
      'error: unable to upgrade connection: container not found ("app")',
    );
  });
});

test('attach shows what a container writes, until its pod is gone', async () => {
  const attached = kubectl.start('attach', web);
  const lines = linesOf(attached.stdout);
  const next = lines.next();
  // What is written before the client has come is not shown to it.
  await expect.poll(() => traffic.count('kube', 'attach'), { timeout: 10_000 }).toBe(1);
  const writing = setInterval(() => api.appendLog('shop', web, 'GET /cart'), 10);
  expect(await next).toMatchObject({ value: 'GET /cart' });
  clearInterval(writing);
  api.deletePod('shop', web);
  expect((await attached).exitCode).toBe(0);
});

describe('port-forward', () => {
  async function forward(...args: string[]) {
    const child = kubectl.start('port-forward', ...args);
    const { value = '' } = await linesOf(child.stdout).next();
    const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) -> 8080$/.exec(value) ?? [];
    expect(port, value).toBeDefined();
    return { child, url: `http://127.0.0.1:${port}` };
  }

  test('carries HTTP both ways, many connections at once, over WebSocket alone', async () => {
    const { child, url } = await forward(`pod/${web}`, ':8080');
    const asked = Array.from({ length: 20 }, async (_, at) => (await fetch(`${url}/${at}`)).text());
    expect(await Promise.all(asked)).toEqual(asked.map((_, at) => `${web}: GET /${at}\n`));
    const body = randomBytes(3 << 20);
    const answer = await fetch(url, { method: 'POST', body });
    expect(checksum(Buffer.from(await answer.arrayBuffer()))).toBe(checksum(body));
    expect(traffic.count('kube', 'portforward')).toBe(1);
    child.kill();
    await child;
  });

  test('finds the pod and the port of a deployment', async () => {
    const { child, url } = await forward('deployment/web', ':http');
    expect((await fetch(url)).headers.get('x-pod')).toBe(web);
    child.kill();
    await child;
  });

  test('outlives a client that leaves in the middle', async () => {
    const { child, url } = await forward(`pod/${web}`, ':8080');
    const asking = fetch(url, { method: 'POST', body: randomBytes(8 << 20) })
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined);
    await expect.poll(() => traffic.count('kube', 'portforward'), { timeout: 10_000 }).toBe(1);
    child.kill('SIGKILL');
    await child;
    await asking;
    const again = await forward(`pod/${web}`, ':8080');
    expect((await fetch(again.url)).status).toBe(200);
    again.child.kill();
    await again.child;
  });

  test('tells where nothing listens, and what is not running', async () => {
    const child = kubectl.start('port-forward', web, ':81');
    const { value } = await linesOf(child.stdout).next();
    const [, port] = /127\.0\.0\.1:(\d+) -> 81$/.exec(value ?? '') ?? [];
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
    expect((await child).stderr).toMatch(
      /error forwarding port 81 to pod [0-9a-f]{64}, uid : failed to execute portforward in network namespace .* connect: connection refused[\s\S]*error: lost connection to pod$/,
    );
    expect((await kubectl.run('port-forward', 'nope', ':80')).out).toBe(
      'Error from server (NotFound): pods "nope" not found',
    );
  });
});

describe('cp', () => {
  test('copies a file and a folder there and back', async (context) => {
    context.skip(process.platform === 'win32', 'kubectl cp takes a drive letter for a pod');
    const folder = path.join(kubectl.home, 'given');
    await mkdir(path.join(folder, 'deep'), { recursive: true });
    const bytes = randomBytes(2 << 20);
    await writeFile(path.join(folder, 'deep', 'bytes'), bytes);
    await writeFile(path.join(folder, 'words'), 'one two\n');

    expect(await kubectl.run('cp', folder, `${web}:/tmp/there`)).toEqual({ code: 0, out: '' });
    expect((await kubectl.run('exec', web, '--', 'sha256sum', '/tmp/there/deep/bytes')).out).toBe(
      `${checksum(bytes)}  /tmp/there/deep/bytes`,
    );
    // Into a folder that is there already, under its own name.
    expect((await kubectl.run('cp', path.join(folder, 'words'), `${web}:/tmp`)).code).toBe(0);
    expect((await kubectl.run('exec', web, '--', 'cat', '/tmp/words')).out).toBe('one two');

    const back = path.join(kubectl.home, 'back');
    expect(await kubectl.run('cp', `${web}:/tmp/there`, back)).toEqual({
      code: 0,
      out: "tar: Removing leading `/' from member names",
    });
    expect(checksum(await readFile(path.join(back, 'deep', 'bytes')))).toBe(checksum(bytes));
    // kubectl may end before it has heard of tar's failure, so the failure is asked for itself.
    expect(await kubectl.run('exec', web, '--', 'tar', 'cf', '-', 'tmp/nope')).toMatchObject({
      code: 2,
      out: expect.stringMatching(/tmp\/nope: Cannot stat: No such file or directory/),
    });
  });
});
