import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { trustAuthorities } from '../../../main/agent/network/trust.ts';
import { createAuthority } from '../../world/authority.ts';

/** A server that says of each connection whether it resumed a TLS session, and a network that trusts it. */
async function start() {
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
  server.on('connection', (socket: net.Socket) => {
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
  });
  server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const network = createNetwork({});
  onTestFinished(() => network.reset());
  const url = new URL(`https://127.0.0.1:${(server.address() as net.AddressInfo).port}/`);
  return {
    resumed,
    trust,
    ask: () => network.request(url),
    /** The network cuts every connection. */
    async cut() {
      for (const socket of raw) socket.resetAndDestroy();
      await vi.waitFor(() => expect(Object.values(network.httpsAgent.freeSockets).flat()).toEqual([]));
    },
  };
}

test('a session is resumed after the network has cut its connection: certificates are not sent and checked again', async () => {
  const { ask, cut, resumed } = await start();
  await ask();
  for (const count of [2, 3]) {
    await cut();
    expect(String((await ask()).body)).toBe('in');
    expect(resumed).toHaveLength(count);
  }
  expect(resumed).toEqual([false, true, true]);
});

test('a session is not resumed after the trusted authorities have changed', async () => {
  const { ask, cut, trust, resumed } = await start();
  await ask();
  await cut();
  await trust('Another authority');
  await expect(ask()).rejects.toMatchObject({ code: 'network-untrusted' });
  expect(resumed.slice(1)).not.toContain(true);
});
