import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { createAuthority } from '../../world/authority.ts';

/** Servers that say of each connection whether it resumed a TLS session, and a network that trusts them. */
async function start(count: number) {
  const folder = await mkdtemp(path.join(tmpdir(), 'tls-sessions-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const trust = async (name: string) => {
    const authority = await createAuthority(name);
    const file = path.join(folder, 'authority.pem');
    await writeFile(file, authority.certificate);
    trustAuthorities({ env: { SSL_CERT_FILE: file } });
    return authority;
  };
  const { key, certificate } = await (await trust('TLS sessions')).issueServer(['127.0.0.1']);
  const server = https.createServer({ key, cert: certificate }, (_, response) => response.end('in'));
  const resumed: boolean[] = [];
  const raw = new Set<net.Socket>();
  server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
  const listen = async () => {
    const port = net.createServer((socket) => {
      raw.add(socket);
      socket.once('close', () => raw.delete(socket));
      server.emit('connection', socket);
    });
    port.listen(0, '127.0.0.1');
    await once(port, 'listening');
    onTestFinished(() => void port.close());
    return new URL(`https://127.0.0.1:${(port.address() as net.AddressInfo).port}/`);
  };
  const hosts = await Promise.all(Array.from({ length: count }, listen));
  const network = createNetwork({});
  onTestFinished(() => network.reset());
  return {
    resumed,
    trust,
    ask: () => Promise.all(hosts.map((host) => network.request(host))),
    /** The network cuts every connection. */
    async cut() {
      for (const socket of raw) socket.resetAndDestroy();
      await vi.waitFor(() => expect(Object.values(network.httpsAgent.freeSockets).flat()).toEqual([]));
    },
  };
}

test('more hosts than Node remembers are asked again with their sessions, after the network has cut all', async () => {
  const count = 120;
  const { ask, cut, resumed } = await start(count);
  await ask();
  await cut();
  await ask();
  expect(resumed).toEqual([...Array(count).fill(false), ...Array(count).fill(true)]);
});

test('a session is not resumed after the trusted authorities have changed', async () => {
  const { ask, cut, trust, resumed } = await start(1);
  await ask();
  await cut();
  await trust('Another authority');
  await expect(ask()).rejects.toMatchObject({ code: 'network-untrusted' });
  expect(resumed.slice(1)).not.toContain(true);
});
