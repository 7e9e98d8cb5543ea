import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectTcp } from '../../world/origins/tcp.ts';
import { order, otherTcpHost, payload, tcpHost } from '../../world-tests/access-fixture.ts';
import { type Rig, startRig } from './rig.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
const program = findCloudflared();

function findCloudflared(): string | undefined {
  const candidate = process.env.K8S_TUNNELS_CLOUDFLARED ?? 'cloudflared';
  try {
    execFileSync(candidate, ['--version'], { stdio: 'ignore' });
    return candidate;
  } catch {
    return undefined;
  }
}

describe.skipIf(program === undefined)(
  program === undefined
    ? 'one login with cloudflared: no K8S_TUNNELS_CLOUDFLARED and none on PATH'
    : 'one login with cloudflared',
  () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = await startRig();
    });
    afterEach(() => rig.close());
    const env = () => ({
      HOME: rig.world.home,
      PATH: `${rig.world.browser.folder}:/usr/bin:/bin`,
      HTTPS_PROXY: rig.world.proxy.url,
      SSL_CERT_FILE: rig.world.authorityFile,
    });
    const cloudflared = async (...args: readonly string[]) =>
      (await run(program ?? '', ['access', ...args], { env: env() })).stdout;

    it('after ours it needs no browser, for the same application and for another', async () => {
      const { jwt } = await rig.access.token(tcpHost, { interactive: true, signal });
      expect((await cloudflared('token', '--app', `https://${tcpHost}`)).trim()).toBe(jwt);
      expect(await cloudflared('login', '--no-verbose', `https://${otherTcpHost}`)).toMatch(/^eyJ/);
      const free = net.createServer().listen(0, '127.0.0.1');
      await once(free, 'listening');
      const { port } = free.address() as net.AddressInfo;
      free.close();
      await once(free, 'close');
      const child = spawn(
        program ?? '',
        ['access', 'tcp', '--hostname', tcpHost, '--url', `127.0.0.1:${port}`],
        {
          env: env(),
          stdio: 'ignore',
        },
      );
      try {
        let socket: net.Socket | undefined;
        while (socket === undefined && child.exitCode === null)
          socket = await connectTcp(port).catch(() => new Promise((resolve) => setTimeout(resolve, 10)));
        socket?.write(order('d', 5));
        expect(socket && (await buffer(socket))).toEqual(payload(5));
        socket?.destroy();
      } finally {
        child.kill();
        await once(child, 'close');
      }
      expect(await rig.world.browser.tabs()).toHaveLength(1);
    });

    it('after its own we need none, for the same application and for another', async () => {
      const theirs = (await cloudflared('login', '--no-verbose', `https://${tcpHost}`)).trim();
      const ours = await rig.access.token(tcpHost, { interactive: false, signal });
      expect(ours.jwt).toBe(theirs);
      await rig.access.token(otherTcpHost, { interactive: false, signal });
      expect(await rig.world.browser.tabs()).toHaveLength(1);
    });

    it('both at once open one tab', async () => {
      const [ours, theirs] = await Promise.all([
        rig.access.token(tcpHost, { interactive: true, signal }),
        cloudflared('login', '--no-verbose', `https://${tcpHost}`),
      ]);
      expect(ours.email).toBe('ada@acme.example');
      expect(theirs).toMatch(/^eyJ/);
      expect(await rig.world.browser.tabs()).toHaveLength(1);
      expect((await readdir(rig.folder)).length).toBeGreaterThanOrEqual(2);
    });
  },
);
