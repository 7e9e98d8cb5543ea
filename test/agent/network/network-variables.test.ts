import { expect, test } from 'vitest';
import { differences, networkVariables } from '../../../main/agent/network/network-variables.ts';

test('are shown without the logins of proxies, the lower-case name first', () => {
  const env = {
    HTTPS_PROXY: 'http://other.example:1',
    https_proxy: 'http://ada:secret@proxy.example:3128',
    NO_PROXY: '.acme.example',
    AWS_CA_BUNDLE: '/etc/ca.pem',
    HTTP_PROXY: '',
  };
  expect(networkVariables(env)).toEqual({
    HTTPS_PROXY: 'http://proxy.example:3128',
    NO_PROXY: '.acme.example',
    AWS_CA_BUNDLE: '/etc/ca.pem',
  });
});

test('differ where one has another value, or none', () => {
  const agent = { HTTPS_PROXY: 'http://a:1', NO_PROXY: '.acme.example', SSL_CERT_FILE: '/etc/ca.pem' };
  const shell = { HTTPS_PROXY: 'http://b:2', SSL_CERT_FILE: '/etc/ca.pem', ALL_PROXY: 'socks5://c:3' };
  expect(differences(agent, shell)).toEqual([
    { name: 'HTTPS_PROXY', agent: 'http://a:1', shell: 'http://b:2' },
    { name: 'ALL_PROXY', agent: undefined, shell: 'socks5://c:3' },
    { name: 'NO_PROXY', agent: '.acme.example', shell: undefined },
  ]);
  expect(differences(agent, agent)).toEqual([]);
});
