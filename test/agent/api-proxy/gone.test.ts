import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ProxyRig, startProxyRig, startServer } from './rig.ts';

let rig: ProxyRig;
let server: Awaited<ReturnType<typeof startServer>>;
beforeEach(async () => {
  rig = await startProxyRig();
  const api = http.createServer((_, response) => void response.write('begun'));
  server = await startServer(rig.authority, (socket) => api.emit('connection', socket));
  rig.target = server.port;
});
afterEach(async () => {
  await rig.close();
  await server.close();
});
const connections = () => rig.proxies.traffic(rig.cluster.id)?.connections;

it('a client of HTTP/1.1 that is gone during a watch is gone here too', async () => {
  const { secret } = await rig.endpoint();
  const socket = await rig.connect();
  socket.write(`GET /watch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  await once(socket, 'data');
  expect(connections()).toBe(1);
  socket.destroy();
  await vi.waitFor(() => expect(connections()).toBe(0));
});

it('a client of HTTP/2 that is gone during a watch is gone here too', async () => {
  const { secret } = await rig.endpoint();
  const socket = await rig.connect('h2');
  const session = http2.connect('https://127.0.0.1', { createConnection: () => socket });
  session.on('error', () => {});
  const stream = session.request({ ':path': '/watch', authorization: `Bearer ${secret}` });
  stream.on('error', () => {});
  await once(stream, 'data');
  expect(connections()).toBe(1);
  socket.destroy();
  await vi.waitFor(() => expect(connections()).toBe(0));
});
