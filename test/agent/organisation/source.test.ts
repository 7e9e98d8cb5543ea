import { describe, expect, it } from 'vitest';
import { parseSetupLink, parseSource, placeOf } from '../../../main/agent/organisation/source.ts';

const key = Buffer.alloc(32, 0xfb).toString('base64');
const url = 'https://acme.example/k8s-tunnels.yaml';
const link = (query: Record<string, string>) => `k8s-tunnels://setup?${new URLSearchParams(query)}`;

describe('a setup link', () => {
  it.each([
    ['an address', link({ url }), {}],
    ['an address and a key', link({ url, key }), { key }],
    [
      'a key in the alphabet of addresses',
      link({ url, key: Buffer.alloc(32, 0xfb).toString('base64url') }),
      { key },
    ],
    ['a key that nobody escaped', `k8s-tunnels://setup?url=${url}&key=${key}`, { key }],
    ['a slash, as some browsers add', `k8s-tunnels://setup/?url=${encodeURIComponent(url)}`, {}],
  ])('with %s is taken', (_, text, pinned) => {
    expect(parseSetupLink(text)).toEqual({ origin: { kind: 'url', url }, ...pinned });
    expect(parseSource(text)).toEqual(parseSetupLink(text));
  });

  it.each([
    ['no address', 'k8s-tunnels://setup'],
    ['two addresses', `k8s-tunnels://setup?url=${url}&url=${url}`],
    ['something else asked', `${link({ url })}&yes=true`],
    ['another action', `k8s-tunnels://connect?url=${url}`],
    ['a path', `k8s-tunnels://setup/now?url=${url}`],
    ['another scheme', `https://setup?url=${url}`],
    ['a password', `k8s-tunnels://:geheim@setup?url=${url}`],
    ['plain http', link({ url: 'http://acme.example/a.yaml' })],
    ['a file', link({ url: 'file:///etc/passwd' })],
    ['a login in the address', link({ url: 'https://ada:geheim@acme.example/' })],
    ['a short key', link({ url, key: 'YWJj' })],
    ['a key that is none', link({ url, key: '<script>' })],
    ['no link at all', 'setup'],
  ])('with %s is refused', (_, text) => {
    expect(() => parseSetupLink(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
    expect(() => parseSetupLink(text)).not.toThrow(/geheim/);
  });
});

describe('a source', () => {
  it('is an address, a file or a link, and a key may stand beside it', () => {
    expect(parseSource(`${url}#part`, key)).toEqual({ origin: { kind: 'url', url }, key });
    expect(parseSource('/tmp/../etc/acme.yaml')).toEqual({
      origin: { kind: 'file', path: '/etc/acme.yaml' },
    });
    expect(parseSource(link({ url }), key)).toMatchObject({ key });
  });

  it.each(['acme.yaml', 'http://acme.example/', 'ftp://acme.example/', ''])('is not %j', (text) => {
    expect(() => parseSource(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  it.each([
    ['acme.example', 'https://acme.example/.well-known/k8s-tunnels.yaml'],
    ['https://acme.example', 'https://acme.example/.well-known/k8s-tunnels.yaml'],
    ['https://acme.example/', 'https://acme.example/.well-known/k8s-tunnels.yaml'],
    ['acme.example:8443', 'https://acme.example:8443/.well-known/k8s-tunnels.yaml'],
    ['localhost:8443/a.yaml', 'https://localhost:8443/a.yaml'],
    ['acme.example/teams/a.yaml?v=1', 'https://acme.example/teams/a.yaml?v=1'],
    ['acme.example/?v=1', 'https://acme.example/?v=1'],
  ])('%j means %j', (text, meant) => {
    expect(parseSource(text)).toEqual({ origin: { kind: 'url', url: meant } });
  });

  it.each([
    'acme',
    'acme .example',
    'ada:geheim@acme.example',
    'a\\b.example',
    './a.yaml',
    '..',
    'http:acme',
  ])('is not %j either', (text) => {
    expect(() => parseSource(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
    expect(() => parseSource(text)).not.toThrow(/geheim/);
  });

  it('with one key in the link and another beside it is refused', () => {
    const other = Buffer.alloc(32, 1).toString('base64');
    expect(() => parseSource(link({ url, key }), other)).toThrow(
      expect.objectContaining({ code: 'bad-input' }),
    );
  });

  it('is shown without its query, which may be secret', () => {
    expect(placeOf({ kind: 'url', url: `${url}?sig=geheim` })).toBe(url);
  });
});
