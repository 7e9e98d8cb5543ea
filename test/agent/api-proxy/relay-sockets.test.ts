import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelaySockets, type RelaySockets } from '../../../main/agent/api-proxy/relay-sockets.ts';
import { silentLogger } from '../../../main/agent/parts.ts';

let root: string;
let folder: string;
let relays: RelaySockets;
let server: net.Server;
let port: number;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-sockets-'));
  folder = path.join(root, 'container');
  await mkdir(folder, { mode: 0o755 });
  relays = createRelaySockets({ logger: silentLogger });
  server = net.createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {});
    socket.end(`${await text(socket)} from the port`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as net.AddressInfo);
});
afterEach(async () => {
  await relays.close();
  server.close();
  await rm(root, { recursive: true });
});

const socketIn = (at = folder) => path.join(at, 'a.sock');
async function ask(file: string): Promise<string> {
  const client = net.connect({ path: file, allowHalfOpen: true });
  client.end('hello');
  return text(client);
}

describe.skipIf(process.platform === 'win32')('a socket of a container', () => {
  it('leads to the port, in a folder that nobody else can open', async () => {
    await relays.listen(socketIn(), port);
    expect(await ask(socketIn())).toBe('hello from the port');
    expect((await lstat(folder)).mode & 0o777).toBe(0o700);
    expect((await lstat(socketIn())).mode & 0o777).toBe(0o600);
  });

  it('is made again when its file was deleted, and stays when it is there', async () => {
    await relays.listen(socketIn(), port);
    const { ino } = await lstat(socketIn());
    await relays.listen(socketIn(), port);
    expect((await lstat(socketIn())).ino).toBe(ino);
    await rm(socketIn());
    await relays.listen(socketIn(), port);
    expect(await ask(socketIn())).toBe('hello from the port');
  });

  it('that an agent left behind when it was killed is replaced', async () => {
    const left = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(socketIn())}, () => console.log('up'))`,
    ]);
    await once(left.stdout, 'data');
    // One on which somebody listens is not.
    await expect(relays.listen(socketIn(), port)).rejects.toMatchObject({ code: 'port-failed' });
    left.kill('SIGKILL');
    await once(left, 'close');
    await relays.listen(socketIn(), port);
    expect(await ask(socketIn())).toBe('hello from the port');
  });

  it('that is not kept is closed with its connections, and its file is gone', async () => {
    await relays.listen(socketIn(), port);
    const client = net.connect(socketIn());
    await once(client, 'connect');
    relays.keep(() => true);
    expect(client.destroyed).toBe(false);
    relays.keep(() => false);
    client.resume();
    await once(client, 'close');
    await expect(lstat(socketIn())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['is missing', async () => path.join(root, 'nowhere'), 'not-found'],
    [
      'is a link',
      async () => {
        await symlink(folder, path.join(root, 'link'));
        return path.join(root, 'link');
      },
      'file-unwritable',
    ],
    [
      'lies where other accounts can replace it',
      async () => {
        const open = path.join(root, 'open');
        await mkdir(path.join(open, 'container'), { recursive: true });
        await chmod(open, 0o777);
        return path.join(open, 'container');
      },
      'file-unwritable',
    ],
    [
      'has a path too long for a socket',
      async () => {
        const long = path.join(root, 'x'.repeat(100));
        await mkdir(long);
        return long;
      },
      'bad-input',
    ],
  ])('is not made in a folder that %s', async (_, make, code) => {
    const at = await make();
    await expect(relays.listen(socketIn(at), port)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/folder|Write it again/),
    });
    await expect(lstat(socketIn(at))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
