import { duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import type { ProxyServer } from '../../../../main/agent/network/proxy/routes.ts';
import { requestSocks } from '../../../../main/agent/network/proxy/socks-request.ts';

const proxy: ProxyServer = {
  kind: 'socks5',
  host: '127.0.0.1',
  port: 1080,
  login: undefined,
  variable: 'ALL_PROXY',
};
const inner = 'metadata.google.internal';

test.each([
  // Of its length one byte is sent: the proxy would take the first 24 letters for the host.
  ['a host', { ...proxy }, `${inner}${'x'.repeat(256)}`],
  ['a user', { ...proxy, login: { user: 'ü'.repeat(128), password: '' } }, inner],
  ['a password', { ...proxy, login: { user: '', password: 'x'.repeat(256) } }, inner],
])('%s that is too long is not sent', async (_, server, host) => {
  const [ours, theirs] = duplexPair();
  await expect(requestSocks(ours, server, { host, port: 443 })).rejects.toMatchObject({
    code: 'network-proxy',
    message: expect.stringContaining('255 bytes'),
  });
  expect(theirs.read()).toBeNull();
});

test('the longest host is sent whole', async () => {
  const [ours, theirs] = duplexPair();
  const work = requestSocks(ours, proxy, { host: 'x'.repeat(255), port: 443 });
  theirs.write(Buffer.from([5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  await work;
  const sent: Buffer = theirs.read();
  expect([...sent.subarray(0, 8)]).toEqual([5, 1, 0, 5, 1, 0, 3, 255]);
  expect(sent).toHaveLength(8 + 255 + 2);
});
