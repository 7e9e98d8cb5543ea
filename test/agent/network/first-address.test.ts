import { once } from 'node:events';
import net from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connectFirst } from '../../../main/agent/network/first-address.ts';

/** A round trip longer than Node gives each address. */
const slowMs = 400;

let port: number;
let accepted: net.Socket[];
beforeEach(async () => {
  accepted = [];
  const server = net.createServer((socket) => accepted.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as net.AddressInfo).port;
  onTestFinished(() => {
    server.close();
    for (const socket of accepted) socket.destroy();
  });
});

type Line = 'good' | 'slow' | 'silent' | 'refused' | 'no route';

/** What becomes of connections to the addresses of a host, in the order that the resolver gives. */
function lines(addresses: Readonly<Record<string, Line>>) {
  const tried: string[] = [];
  const sockets: net.Socket[] = [];
  const connect = ({ host = '' }: net.TcpNetConnectOpts) => {
    tried.push(host);
    const socket = new net.Socket();
    sockets.push(socket);
    const open = () => void (socket.destroyed || socket.connect(port, '127.0.0.1'));
    const fail = (code: string) =>
      setImmediate(() => socket.destroy(Object.assign(new Error(code), { code })));
    const line = addresses[host];
    if (line === 'good') open();
    if (line === 'slow') setTimeout(open, slowMs);
    if (line === 'refused') fail('ECONNREFUSED');
    if (line === 'no route') fail('ENETUNREACH');
    return socket;
  };
  const lookup = async () =>
    Object.keys(addresses).map((address) => ({ address, family: net.isIP(address) }));
  const dial = (signal?: AbortSignal, limitMs?: number) =>
    connectFirst(
      { host: 'edge.example', port },
      { lookup, connect, signal, ...(limitMs === undefined ? {} : { limitMs }) },
    );
  return { tried, sockets, dial };
}

describe('a host with several addresses', () => {
  it.each<[string, Readonly<Record<string, Line>>]>([
    ['is slow and has an IPv6 address without a route', { '192.0.2.1': 'slow', '2001:db8::1': 'no route' }],
    [
      'is slow and has two of each',
      { '192.0.2.1': 'slow', '192.0.2.2': 'slow', '2001:db8::1': 'no route', '2001:db8::2': 'refused' },
    ],
    ['drops what comes over IPv6', { '2001:db8::1': 'silent', '2001:db8::2': 'silent', '192.0.2.1': 'slow' }],
    ['refuses at its first address', { '192.0.2.1': 'refused', '192.0.2.2': 'good' }],
  ])('that %s is reached, and the other sockets are closed', async (_, addresses) => {
    const { dial, sockets } = lines(addresses);
    const socket = await dial();
    expect(socket.remotePort).toBe(port);
    for (const other of sockets) expect(other.destroyed).toBe(other !== socket);
    socket.destroy();
  });

  it('is asked at the first address only, where that answers', async () => {
    const { dial, tried } = lines({ '192.0.2.1': 'good', '192.0.2.2': 'good', '2001:db8::1': 'good' });
    (await dial()).destroy();
    expect(tried).toEqual(['192.0.2.1']);
  });

  it('is tried at both families in turn, and its failure is that of an address with a route', async () => {
    const { dial, tried } = lines({
      '2001:db8::1': 'no route',
      '2001:db8::2': 'no route',
      '192.0.2.1': 'refused',
    });
    await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(tried).toEqual(['2001:db8::1', '192.0.2.1', '2001:db8::2']);
  });

  it('is given up after a while where no address answers, without a signal too', async () => {
    const { dial, sockets } = lines({ '192.0.2.1': 'silent', '2001:db8::1': 'refused' });
    await expect(dial(undefined, 600)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it('is given up with the reason of the signal, and every socket is closed', async () => {
    const giveUp = new AbortController();
    const { dial, sockets } = lines({ '192.0.2.1': 'silent', '2001:db8::1': 'silent' });
    const dialed = dial(giveUp.signal);
    await expect.poll(() => sockets.length).toBe(2);
    giveUp.abort(new Error('enough'));
    await expect(dialed).rejects.toThrow('enough');
    expect(sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });
});
