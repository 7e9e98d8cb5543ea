import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Network } from '../../../main/agent/network/network.ts';
import { listenerOwner } from '../../../main/agent/tunnels/cloudflared/listener-owner.ts';
import { readLogLine } from '../../../main/agent/tunnels/cloudflared/log.ts';
import { findProgram } from '../../../main/agent/tunnels/cloudflared/program.ts';
import { installCloudflared } from '../../world/cloudflared/install.ts';
import { realCloudflared } from '../../world/cloudflared/real.ts';
import { order, payload, tcpHost } from '../../world-tests/access-fixture.ts';
import { type Carrier, startCarrier } from './carrier.ts';
import { type Rig, startRig } from './rig.ts';

const title = 'payments-staging';
const program = realCloudflared();
const programs = [
  ...(program === undefined ? [] : [{ name: 'the real cloudflared', carried: 'real' } as const]),
  { name: 'the double of cloudflared', carried: 'double' } as const,
];

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cloudflared-'));
  closing.push(() => rm(folder, { recursive: true }));
  return folder;
}

/** The processes that this one has started and that run still, by pid. */
async function children(): Promise<readonly { pid: number; args: string; env: readonly string[] }[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const stat = await read('stat');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(parent) !== process.pid || state === 'Z') return [];
      const args = (await read('cmdline')).replaceAll('\0', ' ');
      return [{ pid: Number(pid), args, env: (await read('environ')).split('\0').filter(Boolean) }];
    }),
  );
  return found.flat().filter(({ args }) => args.includes(' access tcp '));
}

async function onlyChild() {
  const [child, ...others] = await children();
  if (child === undefined || others.length > 0) throw new Error('not one cloudflared');
  return child;
}

const isGone = (pid: number) =>
  vi.waitFor(async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    expect(stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')).toBe(true);
  });

describe.skipIf(process.platform !== 'linux').each(programs)('$name as a child', ({ carried }) => {
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<Carrier> => {
    const rig = await startCarrier({ carried, program, env });
    closing.push(() => rig.close());
    await rig.login(tcpHost);
    return rig;
  };
  const get = async (rig: Carrier) => {
    const stream = await rig.dial(tcpHost);
    stream.write(order('d', 5));
    return buffer(stream);
  };

  it('is one for all connections, inherits only what it needs, and ends when it is closed', async () => {
    const rig = await start({ AWS_SECRET_ACCESS_KEY: 'not for it', HTTP_PROXY: 'http://127.0.0.1:1' });
    await Promise.all([get(rig), get(rig), get(rig)]);
    const { pid, env } = await onlyChild();
    const names = env.map((line) => line.split('=')[0] ?? '');
    // The shell before it adds its own, and what the double is told.
    const added = ['PWD', 'OLDPWD', 'SHLVL', '_', 'WORLD_VERSION', 'NODE_COMPILE_CACHE'];
    expect(names.filter((name) => !added.includes(name)).sort()).toEqual([
      'HOME',
      'HTTPS_PROXY',
      'PATH',
      'SSL_CERT_FILE',
      'TUNNEL_LOG_OUTPUT',
    ]);
    expect(env).toContain('PATH=');
    await rig.connector(tcpHost).close?.();
    await isGone(pid);
  });

  it('killed in the middle of a stream breaks it, and the next connection starts another', async () => {
    const rig = await start();
    const stream = await rig.dial(tcpHost);
    stream.write(order('d', 64 << 20));
    await once(stream, 'data');
    stream.pause();
    const { pid } = await onlyChild();
    // The system may tell of it by an end as well as by a reset.
    const told = vi.fn();
    stream.on('dropped', told);
    stream.on('error', told);
    process.kill(pid, 'SIGKILL');
    stream.resume();
    await once(stream, 'close');
    expect(told).toHaveBeenCalled();
    expect(await get(rig)).toEqual(payload(5));
    expect((await onlyChild()).pid).not.toBe(pid);
  });

  it('lets go of a client that leaves while the connection to it is made', async () => {
    const rig = await start();
    await get(rig);
    const leaving = new AbortController();
    const reason = new Error('The client has gone.');
    const original = net.connect as (options: net.NetConnectOpts) => net.Socket;
    const sockets: net.Socket[] = [];
    const connect = vi.spyOn(net, 'connect').mockImplementation(((options: net.NetConnectOpts) => {
      const socket = original(options);
      if (options.allowHalfOpen === true && leaving.signal.aborted === false) {
        sockets.push(socket);
        leaving.abort(reason);
      }
      return socket;
    }) as typeof net.connect);
    closing.push(async () => connect.mockRestore());
    await expect(rig.connector(tcpHost).dial({ signal: leaving.signal })).rejects.toBe(reason);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('ends with an agent that is killed without a word', async () => {
    const rig = await start();
    const file = carried === 'real' ? (program ?? '') : path.join(rig.world.home, 'program', 'cloudflared');
    const script = path.join(import.meta.dirname, 'cloudflared-agent.ts');
    const agent = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = (await once(createInterface({ input: agent.stdout }), 'line')) as [string];
    expect(await readlink(`/proc/${pid}/exe`)).not.toContain('/sh');
    agent.kill('SIGKILL');
    await isGone(Number(pid));
  });

  it('leaves no watcher behind when it is closed', async () => {
    const rig = await start();
    await get(rig);
    const { pid } = await onlyChild();
    const watchers = async () =>
      (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''))
        .split(' ')
        .filter(Boolean);
    const [watcher = ''] = await watchers();
    expect(watcher).not.toBe('');
    await rig.connector(tcpHost).close?.();
    await isGone(Number(watcher));
  });
});

describe.skipIf(process.platform !== 'linux')('a tunnel by cloudflared', () => {
  const start = async (options: Parameters<typeof startRig>[0] = {}): Promise<Rig> => {
    const file = program ?? (await installCloudflared(await newFolder()));
    const rig = await startRig({ ...options, env: { K8S_TUNNELS_CLOUDFLARED: file } });
    closing.push(() => rig.close());
    return rig;
  };

  it('logs in once, carries kubectl, and comes back when its child is killed', async () => {
    const rig = await start();
    const { tunnel, state } = await rig.open(title, { connector: 'cloudflared' });
    expect(state).toMatchObject({ status: 'connected' });
    expect(tunnel.connector()).toBe('cloudflared');
    // Nobody uses it, so that no connection tells of the end.
    const { pid } = await onlyChild();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect((await onlyChild()).pid).not.toBe(pid));
    await rig.until(title, 'connected');
    expect(await rig.kubectl(title, 'get', 'namespaces')).toContain(`${title}-jobs`);
    expect(await rig.world.browser.tabs()).toHaveLength(1);
    await rig.tunnels.close(tunnel.id);
    expect(await children()).toEqual([]);
  });

  it.each([
    ['the policy denies the person', 'lake-prod', 'access-denied', 'access'],
    ['the origin is down', 'tools-next', 'origin-failed', 'origin'],
  ])('fails where %s, and leaves no child', async (_, name, code, stage) => {
    const rig = await start();
    await rig.open(title);
    const { state } = await rig.open(name, { connector: 'cloudflared' });
    expect(state).toMatchObject({ status: 'failed', failure: { stage, error: { code } } });
    await vi.waitFor(async () => expect(await children()).toEqual([]));
  });

  it('fails with what to do where there is no cloudflared', async () => {
    const rig = await startRig({ env: { PATH: '' } });
    closing.push(() => rig.close());
    const { state } = await rig.open(title, { connector: 'cloudflared' });
    expect(state).toMatchObject({ status: 'failed', failure: { error: { code: 'connector-unavailable' } } });
    expect(await rig.world.browser.tabs()).toEqual([]);
  });

  it('is refused where the organisation does not allow it', async () => {
    const rules = () => ({ name: 'Acme', allowed: ['builtin'] as const, default: undefined });
    const rig = await startRig({ rules });
    closing.push(() => rig.close());
    await expect(rig.open(title, { connector: 'cloudflared' })).rejects.toMatchObject({
      code: 'connector-refused',
    });
    expect((await rig.open(title)).state.status).toBe('connected');
  });
});

describe('auto', () => {
  const answered = (status: number) => ({
    kind: 'answered' as const,
    answer: { status, headers: {}, body: Buffer.alloc(0) },
  });
  const start = async (status: number): Promise<Carrier> => {
    const network = (real: Network) => ({ ...real, upgrade: async () => answered(status) });
    const rig = await startCarrier({ carried: 'auto', network });
    closing.push(() => rig.close());
    await rig.login(tcpHost);
    return rig;
  };

  it('turns to cloudflared, once, where the edge answers in a way that builtin does not know', async () => {
    const rig = await start(404);
    for (const _ of [1, 2]) {
      const stream = await rig.dial(tcpHost);
      stream.write(order('d', 5));
      expect(await buffer(stream)).toEqual(payload(5));
    }
    expect(rig.turns).toEqual([tcpHost]);
    expect(rig.connector(tcpHost).kind()).toBe('cloudflared');
    await rig.connector(tcpHost).close?.();
    expect(rig.connector(tcpHost).kind()).toBe('builtin');
  });

  it.each([403, 429, 500, 502])('does not for HTTP %i, which it knows', async (status) => {
    const rig = await start(status);
    await expect(rig.dial(tcpHost)).rejects.toThrow();
    expect(rig.turns).toEqual([]);
    expect(await children()).toEqual([]);
  });
});

describe('finding the program', () => {
  it("prefers the package's own, then the one that is named, then PATH", async () => {
    const [resources, second, third] = await Promise.all([newFolder(), newFolder(), newFolder()]);
    await installCloudflared(second);
    const named = await installCloudflared(third, { version: '2026.1.0' });
    const env = { PATH: second, K8S_TUNNELS_CLOUDFLARED: named };
    expect((await findProgram({ env: { PATH: second }, resources }))?.version).toBe('2026.8.2');
    expect(await findProgram({ env, resources })).toEqual({ path: named, version: '2026.1.0' });
    await installCloudflared(resources, { version: '2026.5.0' });
    expect((await findProgram({ env, resources }))?.version).toBe('2026.5.0');
    expect(await findProgram({ env: { PATH: '/nonexistent' }, resources: undefined })).toBeUndefined();
  });

  it('refuses what is named but not there, what is no cloudflared, and a version that is known not to work', async () => {
    const made = await newFolder();
    const find = (named: string) =>
      findProgram({ env: { K8S_TUNNELS_CLOUDFLARED: named }, resources: undefined });
    await expect(find('/nonexistent/cloudflared')).rejects.toMatchObject({ code: 'connector-unavailable' });
    const other = path.join(made, 'other');
    await writeFile(other, '#!/bin/sh\necho something else\n', { mode: 0o755 });
    await expect(find(other)).rejects.toMatchObject({ code: 'connector-unavailable' });
    const old = await installCloudflared(made, { version: '2023.10.0' });
    await expect(find(old)).rejects.toThrow(/2023\.10\.0, which is not used: /);
    // A build of somebody's own has no number.
    expect(await find(await installCloudflared(made, { version: 'DEV' }))).toMatchObject({
      version: undefined,
    });
  });
});

describe('reading its log', () => {
  it.each([
    [
      '{"host":"127.0.0.1:1","level":"info","message":"x","time":"t"}',
      { kind: 'listening', host: '127.0.0.1:1' },
    ],
    [
      '2026-11-28T14:29:44Z INF Start Websocket listener host=127.0.0.1:1',
      { kind: 'listening', host: '127.0.0.1:1' },
    ],
    [
      '{"error":"websocket: bad handshake","level":"error","originURL":"https://h","message":"x"}',
      { kind: 'dial-failed', error: 'websocket: bad handshake' },
    ],
    [
      '2026-11-28T14:29:44Z ERR failed to connect to origin error="websocket: bad handshake" originURL=https://h',
      { kind: 'dial-failed', error: 'websocket: bad handshake' },
    ],
    [
      '{"error":"address in use","level":"error","message":"Error on Websocket listener"}',
      { kind: 'error', message: 'Error on Websocket listener: address in use' },
    ],
    ['https://h/cdn-cgi/access/cli?token=k', { kind: 'login-wanted' }],
    ['Please open the following URL', undefined],
    ['', undefined],
    ['null', undefined],
  ])('%s', (line, event) => {
    expect(readLogLine(line)).toEqual(event);
  });
});

it.skipIf(process.platform !== 'linux')('tells whose a listener is', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  expect(await listenerOwner(process.pid, port)).toBe('ours');
  expect(await listenerOwner(process.ppid, port)).toBe('foreign');
  server.close();
  await once(server, 'close');
  expect(await listenerOwner(process.pid, port)).toBe('nobody');
});
