import { expect, it } from 'vitest';
import { noProxyRule } from '../../../../main/agent/network/proxy/no-proxy.ts';

it.each([
  ['', 'example.com', false],
  ['*', 'example.com', true],
  ['example.com', 'example.com', true],
  ['example.com', 'EXAMPLE.com.', true],
  ['example.com', 'api.example.com', true],
  ['.example.com', 'example.com', true],
  ['*.example.com', 'api.example.com', true],
  ['example.com', 'badexample.com', false],
  ['other.example, example.com', 'example.com', true],
  ['other.example example.com', 'example.com', true],
  ['example.com:8443', 'example.com:8443', true],
  ['example.com:8443', 'example.com', false],
  ['10.0.0.0/8', '10.200.3.4', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/8', '10.example.com', false],
  ['10.0.0.0/33', '10.0.0.1', false],
  ['10.0.0.0/x', '10.0.0.1', false],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.12', false],
  ['fd00::/8', '[fd12::1]', true],
  ['[fd12::1]', '[fd12::1]', true],
  ['fd12::1', '[fd12:0:0::1]', true],
  ['fd00::/8', '[fe80::1]', false],
  ['.', 'example.com', false],
] as const)('NO_PROXY=%j and %s: %s', (list, host, expected) => {
  const { hostname, port } = new URL(`https://${host}/`);
  expect(noProxyRule(list)(hostname, port === '' ? 443 : Number(port))).toBe(expected);
});
