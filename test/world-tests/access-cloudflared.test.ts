import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audience } from '../world/access/tokens.ts';
import { realCloudflared } from '../world/cloudflared/real.ts';
import { connectTcp } from '../world/origins/tcp.ts';
import {
  absentHost,
  deniedHost,
  downHost,
  type Fixture,
  kubeTarget,
  order,
  otherTcpHost,
  payload,
  socksHost,
  startFixture,
  tcpHost,
} from './access-fixture.ts';

const program = realCloudflared();
const size = 64 << 20;

describe.skipIf(program === undefined)(
  program === undefined ? 'cloudflared: no K8S_TUNNELS_CLOUDFLARED and none on PATH' : 'the real cloudflared',
  () => {
    let world: Fixture;
    let children: ChildProcess[];

    beforeEach(async () => {
      world = await startFixture({ transferHoldMs: 3_000 });
      children = [];
    });
    afterEach(async () => {
      for (const child of children.filter((each) => each.exitCode === null && each.signalCode === null)) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      await world.close();
    });

    const start = (args: readonly string[], env: Record<string, string> = {}) => {
      const child = spawn(program ?? '', ['access', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          HOME: world.home,
          PATH: `${world.browser.folder}:/usr/bin:/bin`,
          HTTPS_PROXY: world.proxy.url,
          SSL_CERT_FILE: world.authorityFile,
          ...env,
        },
      });
      children.push(child);
      return child;
    };
    const run = async (args: readonly string[], env?: Record<string, string>) => {
      const child = start(args, env);
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { stdout, stderr, code: code as number };
    };
    const login = (host: string) => run(['login', '--no-verbose', `https://${host}`]);
    const tunnel = async (host: string, ...more: readonly string[]) => {
      const port = await freePort();
      const child = start(['tcp', '--hostname', host, '--url', `127.0.0.1:${port}`, ...more]);
      await said(child, 'Start Websocket listener');
      return { port, child };
    };
    const tokenFile = (host: string) =>
      path.join(world.home, '.cloudflared', `${host}-${audience(host)}-token`);

    it('logs in with the browser and keeps both tokens', async () => {
      const { stdout, stderr, code } = await login(tcpHost);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(decodeJwt(stdout)).toMatchObject({
        type: 'app',
        aud: [audience(tcpHost)],
        email: 'ada@acme.example',
      });
      const orgFile = path.join(world.home, '.cloudflared', 'acme.cloudflareaccess.com-org-token');
      expect(await readFile(tokenFile(tcpHost), 'utf8')).toBe(stdout);
      expect(decodeJwt(await readFile(orgFile, 'utf8'))).toMatchObject({ type: 'org' });
      expect((await stat(orgFile)).mode & 0o777).toBe(0o600);
      expect(await world.browser.tabs()).toEqual([`${tcpHost}/cdn-cgi/access/cli`]);
    });

    it('exchanges the organisation token for a second application without a browser', async () => {
      await login(tcpHost);
      const { stdout, code } = await login(otherTcpHost);
      expect(code).toBe(0);
      expect(decodeJwt(stdout).aud).toEqual([audience(otherTcpHost)]);
      expect(await world.browser.tabs()).toHaveLength(1);
      expect(world.traffic.count('idp', 'sign-in')).toBe(1);
    });

    it('carries 64 MiB each way and an echo through a tcp application', async () => {
      await login(tcpHost);
      const { port } = await tunnel(tcpHost);
      const bytes = payload(size);
      const down = await exchange(port, order('d', size));
      expect(sha256(down)).toBe(sha256(bytes));
      const digest = await exchange(port, order('u', size), bytes);
      expect(digest.toString('hex')).toBe(sha256(bytes));

      const echo = await reach(port);
      echo.write('ehello');
      expect(String(await once(echo, 'data'))).toBe('hello');
      expect(world.access.openConnections(tcpHost)).toBe(1);
      expect(world.access.dropConnections(tcpHost)).toBe(1);
      await once(echo, 'end');
      echo.destroy();
      expect(world.traffic.count('edge', 'truncated')).toBe(0);
      expect(world.destinations).toEqual([undefined, undefined, undefined]);
    });

    it('logs in on the first connection where no token is there', async () => {
      const { port } = await tunnel(tcpHost);
      expect(await exchange(port, order('d', 5))).toEqual(payload(5));
      expect(await world.browser.tabs()).toHaveLength(1);
    });

    it('reaches the network behind a SOCKS application', async () => {
      await login(socksHost);
      const { port } = await tunnel(socksHost);
      const [host = '', targetPort = ''] = kubeTarget.split(':');
      const client = await reach(port);
      client.write(Buffer.from([5, 1, 0]));
      expect([...((await once(client, 'data'))[0] as Buffer)]).toEqual([5, 0]);
      client.write(
        Buffer.from([5, 1, 0, 3, host.length, ...Buffer.from(host), Number(targetPort) >> 8, 187]),
      );
      expect([...((await once(client, 'data'))[0] as Buffer)].slice(0, 8)).toEqual([
        5, 0, 0, 1, 127, 0, 0, 1,
      ]);
      client.write('ehello');
      expect(String(await once(client, 'data'))).toBe('hello');
      client.destroy();
    });

    it('renews an expired application token without a browser', async () => {
      world.access.setTokenSeconds({ app: 1 });
      const { exp = 0 } = decodeJwt((await login(tcpHost)).stdout);
      world.access.setTokenSeconds({ app: 3600 });
      while (Date.now() / 1000 < exp + 1) await new Promise((resolve) => setTimeout(resolve, 50));
      const { port } = await tunnel(tcpHost);
      expect(await exchange(port, order('d', 5))).toEqual(payload(5));
      expect(decodeJwt(await readFile(tokenFile(tcpHost), 'utf8')).exp).toBeGreaterThan(exp + 3000);
      expect(await world.browser.tabs()).toHaveLength(1);
    });

    it('renews a revoked application token without a browser', async () => {
      const before = (await login(tcpHost)).stdout;
      world.access.revokeApp(tcpHost);
      const { port } = await tunnel(tcpHost);
      expect(await exchange(port, order('d', 5))).toEqual(payload(5));
      expect(await readFile(tokenFile(tcpHost), 'utf8')).not.toBe(before);
      expect(await world.browser.tabs()).toHaveLength(1);
    });

    it('opens the browser again when every token is revoked', async () => {
      await login(tcpHost);
      world.access.revokeAll();
      world.access.endSessions();
      const { port } = await tunnel(tcpHost);
      expect(await exchange(port, order('d', 5))).toEqual(payload(5));
      expect(await world.browser.tabs()).toHaveLength(2);
      expect(world.traffic.count('idp', 'sign-in')).toBe(2);
    });

    it('waits on for a person whom the policy denies', async () => {
      await login(tcpHost);
      const child = start(['login', `https://${deniedHost}`]);
      const denials = () =>
        world.traffic.served.filter(({ operation, scope }) => operation === 'login' && scope === deniedHost);
      // The organisation token is tried first, then the browser.
      await expect.poll(() => denials().length, { timeout: 10_000 }).toBe(2);
      expect(child.exitCode).toBeNull();
      expect(await readdir(path.join(world.home, '.cloudflared'))).not.toContain(
        path.basename(tokenFile(deniedHost)),
      );
    });

    it('gives up when the person never logs in', async () => {
      await world.close();
      world = await startFixture({ transferHoldMs: 50 });
      const { code, stderr } = await run(['login', `https://${tcpHost}`], { WORLD_PERSON: 'absent' });
      expect(code).toBe(1);
      expect(stderr).toContain('Failed to fetch resource');
      expect(world.traffic.count('access', 'transfer')).toBe(10);
    });

    it('passes with a service token, and names a destination', async () => {
      const { clientId, clientSecret } = world.access.addServiceToken([tcpHost]);
      const { port } = await tunnel(
        ...[tcpHost, '--id', clientId, '--secret', clientSecret, '--destination', 'api.internal:443'],
      );
      expect(await exchange(port, order('d', 5))).toEqual(payload(5));
      expect(world.destinations).toEqual(['api.internal:443']);
      expect(await world.browser.tabs()).toEqual([]);
    });

    it.each([
      ['a wrong service token', tcpHost, 'not-the-secret'],
      ['an origin that is down', downHost, undefined],
    ])('closes the connection on %s', async (_, host, wrong) => {
      const { clientId, clientSecret } = world.access.addServiceToken();
      const { port, child } = await tunnel(host, '--id', clientId, '--secret', wrong ?? clientSecret);
      expect(await exchange(port)).toHaveLength(0);
      child.kill();
      expect(await text(child.stderr as NodeJS.ReadableStream & AsyncIterable<Buffer>)).toContain(
        'bad handshake',
      );
    });

    it('finds no application on a host without one', async () => {
      const { code, stderr } = await login(absentHost);
      expect(code).toBe(1);
      expect(stderr).toContain('failed to find Access application');
      expect((await login('example.com')).stderr).toContain('Bad Gateway');
      expect(world.proxy.refused).toEqual(['example.com:443']);
    });
  },
);

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** cloudflared says that it listens a moment before it does. */
async function reach(port: number): Promise<net.Socket> {
  for (;;) {
    try {
      return await connectTcp(port);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Sends the bytes and reads to the end of what comes back. */
async function exchange(port: number, ...sent: readonly Buffer[]): Promise<Buffer> {
  const socket = await reach(port);
  for (const bytes of sent) socket.write(bytes);
  const received = await buffer(socket);
  socket.destroy();
  return received;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Resolves when the child's log holds the words; what comes after stays readable. */
async function said(child: ChildProcess, words: string): Promise<void> {
  let log = '';
  const { stderr } = child;
  if (stderr === null) throw new Error('no log to read');
  while (!log.includes(words)) {
    const chunk = stderr.read() as Buffer | null;
    if (chunk !== null) log += chunk;
    else if (child.exitCode !== null) throw new Error(`cloudflared ended: ${log}`);
    else await Promise.race([once(stderr, 'readable'), once(child, 'exit')]);
  }
}
