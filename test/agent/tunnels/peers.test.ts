import { once } from 'node:events';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../main/agent/parts.ts';
import { programOutput } from '../../../main/agent/processes/program-output.ts';
import { lsofTable, parseLsof } from '../../../main/agent/tunnels/peers/lsof-table.ts';
import { netstatTable, parseTasklist } from '../../../main/agent/tunnels/peers/netstat-table.ts';
import type { Connection, Peer, PeerTable } from '../../../main/agent/tunnels/peers/peer-table.ts';
import { createPeers, uncheckedPeers } from '../../../main/agent/tunnels/peers/peers.ts';
import { openProcTable } from '../../../main/agent/tunnels/peers/proc-table.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const uid = process.geteuid?.() ?? -1;
const own: Peer = { kind: 'own', process: async () => undefined };

async function listen(): Promise<{ server: net.Server; port: number }> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return { server, port: (server.address() as net.AddressInfo).port };
}

/** A connection to ourselves, as the accepting side sees it. */
async function connection(host = '127.0.0.1') {
  const { server, port } = await listen();
  const client = net.connect({ host, port });
  client.on('error', () => {});
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  cleanups.push(() => client.destroy());
  cleanups.push(() => accepted.destroy());
  const of: Connection = { address: '127.0.0.1', clientPort: accepted.remotePort ?? 0, port };
  return { client, accepted, of };
}

describe.runIf(process.platform === 'linux')('/proc/net/tcp', () => {
  const open = async (of: number = uid) => {
    const table = await openProcTable({ uid: of });
    cleanups.push(() => table.close());
    return table;
  };

  it.each(['127.0.0.1', '::ffff:127.0.0.1'])('knows a client of this account by %s', async (host) => {
    const { of } = await connection(host);
    const peer = (await (await open()).peersOf([of])).get(of);
    expect(peer?.kind).toBe('own');
    expect(await (peer?.kind === 'own' && peer.process())).toMatchObject({ pid: process.pid });
  });

  it('knows a client of another account, root included, and names it', async () => {
    const { of } = await connection();
    const peer = (await (await open(uid + 1)).peersOf([of])).get(of);
    expect(peer).toMatchObject({ kind: 'other', id: String(uid) });
    if (uid === 0) expect(await (peer?.kind === 'other' && peer.account())).toBe('root');
  });

  it('does not know a client that has closed: its socket would show the uid 0', async () => {
    const { client, accepted, of } = await connection();
    client.destroy();
    await once(accepted.resume(), 'end');
    expect((await (await open(0)).peersOf([of])).size).toBe(0);
  });

  it('finds each of many, and reads a table that is longer than one read', async () => {
    const connections = await Promise.all(Array.from({ length: 60 }, () => connection()));
    const peers = await (await open()).peersOf(connections.map(({ of }) => of));
    expect(connections.map(({ of }) => peers.get(of)?.kind)).toEqual(connections.map(() => 'own'));
  });

  it('lets other work run while it reads a long table', async () => {
    const [one] = await Promise.all(Array.from({ length: 60 }, () => connection()));
    const { port } = one?.of ?? { port: 0 };
    const table = await open();
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 1_000;
      return now;
    });
    cleanups.push(() => clock.mockRestore());
    let isOver = false;
    // Which no row shows: the whole table is read.
    const reading = table.peersOf([{ address: '127.0.0.1', clientPort: port, port }]).then((peers) => {
      isOver = true;
      return peers;
    });
    await turn();
    expect(isOver).toBe(false);
    expect((await reading).size).toBe(0);
  });

  it('knows who listens on a port', async () => {
    const { port } = await listen();
    const table = await open();
    expect(await table.listenerOf(port)).toMatchObject({ kind: 'own' });
    const free = net.createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port: unused } = free.address() as net.AddressInfo;
    free.close();
    await once(free, 'close');
    expect(await table.listenerOf(unused)).toBeUndefined();
  });
});

describe('lsof', () => {
  const recorded = `p81234
ckubectl
n127.0.0.1:52100->127.0.0.1:20443
p81300
cjava
n[::ffff:127.0.0.1]:52101->[::ffff:127.0.0.1]:20443
n*:8080
p700
cFirefox
n192.168.1.7:50000->93.184.215.14:443
`;
  const of = (clientPort: number): Connection => ({ address: '127.0.0.1', clientPort, port: 20_443 });

  it('reads its output, IPv4 within IPv6 too', async () => {
    expect(parseLsof(recorded)).toHaveLength(4);
    const asked: (readonly string[])[] = [];
    const table = lsofTable({
      uid: 501,
      run: async (program, args) => {
        asked.push([program, ...args]);
        return recorded;
      },
    });
    const connections = [of(52_100), of(52_101), of(52_102)];
    const peers = await table.peersOf(connections);
    const processes = connections.map((one) => {
      const peer = peers.get(one);
      return peer?.kind === 'own' ? peer.process() : undefined;
    });
    expect(await Promise.all(processes)).toEqual([
      { pid: 81_234, name: 'kubectl' },
      { pid: 81_300, name: 'java' },
      undefined,
    ]);
    expect(asked).toEqual([['/usr/sbin/lsof', '-nP', '-a', '-u', '501', '-iTCP', '-F', 'pcn']]);
  });

  it.runIf(process.platform !== 'win32')('that finds nothing ends with 1, which is an answer', async () => {
    const ending = async (program: string) =>
      lsofTable({ uid, run: programOutput, program }).listenerOf(20_443);
    const [nothing = ''] = ['/bin/false', '/usr/bin/false'].filter((file) => existsSync(file));
    expect(await ending(nothing)).toBeUndefined();
    await expect(ending('/nowhere/lsof')).rejects.toThrow('/nowhere/lsof');
  });

  it('by the real program, this account knows its own connection and its listener', async (context) => {
    const program = await programOutput('/bin/sh', ['-c', 'command -v lsof']).catch(() => '');
    if (program === '') return context.skip('lsof is not installed');
    const { of } = await connection();
    const table = lsofTable({ uid, run: programOutput, program: program.trim() });
    expect((await table.peersOf([of])).get(of)).toMatchObject({ kind: 'own' });
    expect(await table.listenerOf(of.port)).toMatchObject({ kind: 'own' });
  });
});

describe('netstat', () => {
  const netstat = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    127.0.0.1:20443        0.0.0.0:0              ABHÖREN         9001
  TCP    127.0.0.1:20443        127.0.0.1:52100        HERGESTELLT     9001
  TCP    127.0.0.1:52100        127.0.0.1:20443        HERGESTELLT     4312
  TCP    127.0.0.1:52101        127.0.0.1:20443        HERGESTELLT     77
  TCP    127.0.0.1:52102        127.0.0.1:20443        WARTEND         0
  TCP    127.0.0.1:52105        127.0.0.1:20443        IN VERBINDUNG   4312
  TCP    [::ffff:127.0.0.1]:52103  [::ffff:127.0.0.1]:20443  HERGESTELLT  4400
  UDP    0.0.0.0:5353           *:*                                    1234
`.replaceAll('\n', '\r\n');
  const tasklist =
    '"kubectl.exe","4312","Console","1","23.456 K"\r\n"java.exe","4400","Console","1","9 K"\r\n';
  const asked: (readonly string[])[] = [];
  const table = netstatTable({
    env: { SystemRoot: 'C:\\WINDOWS', USERDOMAIN: 'ACME' },
    user: 'ada',
    run: async (program, args) => {
      asked.push([program, ...args]);
      return program.endsWith('netstat.exe') ? netstat : tasklist;
    },
  });

  it('joins the two programs, whatever the language of the system', async () => {
    const connections = [52_100, 52_101, 52_102, 52_103, 52_104, 52_105].map(
      (clientPort): Connection => ({ address: '127.0.0.1', clientPort, port: 20_443 }),
    );
    const peers = await table.peersOf(connections);
    expect(connections.map((one) => peers.get(one)?.kind)).toEqual([
      'own',
      'other',
      undefined,
      'own',
      undefined,
      'own',
    ]);
    expect(asked).toEqual([
      ['C:\\WINDOWS\\System32\\netstat.exe', '-ano'],
      ['C:\\WINDOWS\\System32\\tasklist.exe', '/FI', 'USERNAME eq ACME\\ada', '/FO', 'CSV', '/NH'],
    ]);
    expect((await table.listenerOf(20_443))?.kind).toBe('other');
    expect(await table.listenerOf(20_444)).toBeUndefined();
    // A connection from that port is no listener.
    expect(await table.listenerOf(52_100)).toBeUndefined();
  });

  it('takes the sentence that stands for no process as none', () => {
    expect(parseTasklist('INFORMATION: Es werden keine Aufgaben ausgeführt.\r\n').size).toBe(0);
  });
});

describe('the check', () => {
  const fake = (peersOf: PeerTable['peersOf']): PeerTable => ({
    peersOf,
    listenerOf: async () => undefined,
    close: async () => {},
  });
  const all = async (connections: readonly Connection[]) => new Map(connections.map((one) => [one, own]));
  const start = (table: PeerTable | Error, logger = silentLogger) =>
    createPeers({
      env: process.env,
      logger,
      openTable: async () => {
        if (table instanceof Error) throw table;
        return table;
      },
    });
  const of = (clientPort: number): Connection => ({ address: '127.0.0.1', clientPort, port: 20_443 });

  it('works on this computer', async () => {
    const peers = await createPeers({ env: process.env, logger: silentLogger });
    cleanups.push(() => peers.close());
    if (process.platform === 'linux') expect(peers.isChecked).toBe(true);
    const { of: one } = await connection();
    if (peers.isChecked) expect(await peers.peerOf(one)).toMatchObject({ kind: 'own' });
  });

  it.each([
    ['cannot be opened', new Error('ENOENT')],
    ['cannot be read', fake(() => Promise.reject(new Error('EACCES')))],
    ['is empty', fake(async () => new Map())],
    [
      'shows every socket as another account',
      fake(
        async (connections) =>
          new Map(connections.map((one) => [one, { kind: 'other', id: '0', account: async () => 'root' }])),
      ),
    ],
  ])('is off where the table %s', async (_, table) => {
    expect(await start(table)).toBe(uncheckedPeers);
  });

  it('leaves no open file of its table behind when it is closed', async () => {
    const close = vi.fn(async () => {});
    const peers = await start({ ...fake(all), close });
    expect(close).not.toHaveBeenCalled();
    await peers.close();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('says in the log once that the table cannot be read, not for each connection', async () => {
    let isReadable = true;
    const table = fake((connections) =>
      isReadable ? all(connections) : Promise.reject(new Error('EACCES')),
    );
    const error = vi.fn();
    const peers = await start(table, { ...silentLogger, error });
    isReadable = false;
    for (const port of [1, 2, 3]) await peers.peerOf(of(port));
    expect(error.mock.calls).toEqual([[expect.any(String), { reason: 'EACCES' }]]);
  });

  it('answers a hundred connections at once with one read of the table', async () => {
    let reads = 0;
    const peers = await start(
      fake(async (connections) => {
        reads += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return all(connections);
      }),
    );
    reads = 0;
    const peersOf = await Promise.all(Array.from({ length: 100 }, (_, at) => peers.peerOf(of(at + 1))));
    expect(peersOf).toEqual(Array.from({ length: 100 }, () => own));
    expect(reads).toBe(1);
  });

  it('answers connections that come one after the other with one read, while it rests from a long one', async () => {
    let reads = 0;
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    cleanups.push(() => clock.mockRestore());
    const peers = await start(
      fake(async (connections) => {
        reads += 1;
        now += 50;
        return all(connections);
      }),
    );
    reads = 0;
    const first = peers.peerOf(of(1));
    await turn();
    await turn();
    expect(await Promise.all([first, peers.peerOf(of(2))])).toEqual([own, own]);
    expect(reads).toBe(1);
  });

  it('rests no longer once many connections wait', async () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    cleanups.push(() => clock.mockRestore());
    const timer = vi
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(() => setImmediate(() => {}) as never);
    cleanups.push(() => timer.mockRestore());
    const peers = await start(
      fake(async (connections) => {
        now += 50;
        return all(connections);
      }),
    );
    const first = peers.peerOf(of(1));
    await turn();
    await turn();
    expect(timer).toHaveBeenCalled();
    const others = Array.from({ length: 15 }, (_, at) => peers.peerOf(of(at + 2)));
    expect(await Promise.all([first, ...others])).toHaveLength(16);
  });

  it('never answers from a read that began before the connection was accepted', async () => {
    const gates: (() => void)[] = [];
    const seen: (readonly Connection[])[] = [];
    let isProven = false;
    const peers = await start(
      fake(async (connections) => {
        if (!isProven) return all(connections);
        seen.push(connections);
        await new Promise<void>((resolve) => gates.push(resolve));
        return all(connections);
      }),
    );
    isProven = true;
    const first = peers.peerOf(of(1));
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    const second = peers.peerOf(of(2));
    gates.shift()?.();
    await first;
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    gates.shift()?.();
    await second;
    expect(seen).toEqual([[of(1)], [of(2)]]);
  });

  it('reads again for a connection that a read missed, and gives up in the end', async () => {
    let reads = 0;
    let isThere = true;
    const peers = await start(
      fake(async (connections) => {
        reads += 1;
        return isThere || reads === 3 ? all(connections) : new Map();
      }),
    );
    isThere = false;
    reads = 0;
    expect(await peers.peerOf(of(1))).toBe(own);
    expect(reads).toBe(3);
    expect(await peers.peerOf(of(2))).toBeUndefined();
    expect(reads).toBe(6);
  });
});
