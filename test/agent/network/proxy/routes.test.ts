import { describe, expect, it } from 'vitest';
import { hrefOf, proxyRoutes, proxyVariables } from '../../../../main/agent/network/proxy/routes.ts';

const host = { host: 'api.example.com', port: 443 };
const proxyOf = (env: Readonly<Record<string, string>>, scheme: 'http' | 'https' = 'https') => {
  const route = proxyRoutes(env).route(scheme, host);
  return route.kind === 'proxy' ? `${route.proxy.variable} ${hrefOf(route.proxy)}` : route.kind;
};

describe('the proxy of a URL', () => {
  it.each([
    [{}, 'direct'],
    [{ HTTPS_PROXY: '' }, 'direct'],
    [{ HTTPS_PROXY: 'http://p.example:3128' }, 'HTTPS_PROXY http://p.example:3128/'],
    [{ HTTPS_PROXY: 'p.example:3128' }, 'HTTPS_PROXY http://p.example:3128/'],
    [{ HTTPS_PROXY: 'http://a.example', https_proxy: 'http://b.example' }, 'https_proxy http://b.example/'],
    [{ HTTPS_PROXY: 'https://ada:p%40ss@p.example' }, 'HTTPS_PROXY https://ada:p%40ss@p.example:443/'],
    [{ HTTPS_PROXY: 'socks5://p.example' }, 'HTTPS_PROXY socks5://p.example:1080/'],
    [{ HTTPS_PROXY: 'socks5h://[fd00::1]:9' }, 'HTTPS_PROXY socks5://[fd00::1]:9/'],
    [{ ALL_PROXY: 'socks5://p.example:9' }, 'ALL_PROXY socks5://p.example:9/'],
    [{ ALL_PROXY: 'socks5://p.example:9', HTTPS_PROXY: 'q.example:8' }, 'HTTPS_PROXY http://q.example:8/'],
    [{ HTTPS_PROXY: 'socks4://p.example:9' }, 'unusable'],
    [{ HTTPS_PROXY: 'p.example:3128', NO_PROXY: '.example.com' }, 'direct'],
  ])('%j: %s', (env, expected) => {
    expect(proxyOf(env as Record<string, string>)).toBe(expected);
  });

  it('of http: has a variable of its own', () => {
    const env = { HTTP_PROXY: 'a.example:1', HTTPS_PROXY: 'b.example:2' };
    expect(proxyOf(env, 'http')).toBe('HTTP_PROXY http://a.example:1/');
    expect(proxyOf(env, 'https')).toBe('HTTPS_PROXY http://b.example:2/');
  });
});

describe('the variables of a child process', () => {
  it('say the same, without ALL_PROXY, which Go does not read', () => {
    expect(proxyVariables({ all_proxy: 'socks5://p.example:9', no_proxy: 'x.example' })).toEqual({
      HTTPS_PROXY: 'socks5://p.example:9/',
      NO_PROXY: 'x.example',
    });
    expect(proxyVariables({ HTTP_PROXY: 'a.example:1' })).toEqual({});
    expect(proxyVariables({ NO_PROXY: 'localhost 10.0.0.0/8, .acme.example' })).toEqual({
      NO_PROXY: 'localhost,10.0.0.0/8,.acme.example',
    });
  });
});
