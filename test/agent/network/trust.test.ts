import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNetwork } from '../../../main/agent/network/network.ts';
import { trustAuthorities, trustUsableAuthorities } from '../../../main/agent/network/trust.ts';
import { createAuthority } from '../../world/authority.ts';

describe('extra authorities', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'trust-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = async (name: string, text: string) => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };

  it.each([
    ['NODE_EXTRA_CA_CERTS', (file: string) => ({ env: { NODE_EXTRA_CA_CERTS: file } })],
    ['SSL_CERT_FILE', (file: string) => ({ env: { SSL_CERT_FILE: file } })],
    ['AWS_CA_BUNDLE', (file: string) => ({ env: { AWS_CA_BUNDLE: file } })],
    ['REQUESTS_CA_BUNDLE', (file: string) => ({ env: { REQUESTS_CA_BUNDLE: file } })],
    ['REQUESTS_CA_BUNDLE, a folder', (file: string) => ({ env: { REQUESTS_CA_BUNDLE: path.dirname(file) } })],
    ['CURL_CA_BUNDLE', (file: string) => ({ env: { CURL_CA_BUNDLE: file } })],
    [
      'SSL_CERT_DIR',
      (file: string) => ({ env: { SSL_CERT_DIR: ['/nowhere', path.dirname(file)].join(path.delimiter) } }),
    ],
    ['the setting', (setting: string) => ({ env: {}, setting })],
  ])('are those of the file that %s names, all of them', async (_, options) => {
    const [first, second] = [await createAuthority('First'), await createAuthority('Second')];
    const { key, certificate } = await second.issueServer(['127.0.0.1']);
    const server = https.createServer({ key, cert: certificate }, (_request, response) =>
      response.end('hello'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const network = createNetwork({});
    trustAuthorities({ env: {} });
    await expect(network.request(url)).rejects.toMatchObject({ code: 'network-untrusted' });
    const bundle = await write('bundle.pem', `# ours\n${first.certificate}\n${second.certificate}`);
    trustAuthorities(options(bundle));
    expect(String((await network.request(url)).body)).toBe('hello');
    network.reset();
    server.close();
    server.closeAllConnections();
  });

  it('are refused where the file is missing, holds none, or a damaged one, naming where it was named', async () => {
    const missing = path.join(folder, 'missing.pem');
    const cases = [
      [missing, 'file-unreadable'],
      [folder, 'file-unreadable'],
      [await write('empty.pem', ''), 'bad-input'],
      [await write('key.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'), 'bad-input'],
      [await write('bad.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'), 'bad-input'],
    ] as const;
    for (const [file, code] of cases) {
      const run = () => trustAuthorities({ env: { NODE_EXTRA_CA_CERTS: file } });
      expect(run).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining('NODE_EXTRA_CA_CERTS') }),
      );
    }
    expect(() => trustAuthorities({ env: {}, setting: missing })).toThrow(/extraAuthorities/);
    expect(() => trustAuthorities({ env: { SSL_CERT_FILE: '' } })).not.toThrow();
  });

  it('of a variable for another tool are left out where they cannot be used, and named; the others stay', async () => {
    const { certificate } = await createAuthority('Own');
    const env = {
      NODE_EXTRA_CA_CERTS: await write('own.pem', certificate),
      AWS_CA_BUNDLE: path.join(folder, 'missing.pem'),
      REQUESTS_CA_BUNDLE: await write('empty.pem', ''),
    };
    expect(trustUsableAuthorities({ env })).toMatchObject([
      {
        code: 'file-unreadable',
        message: expect.stringContaining('AWS_CA_BUNDLE'),
        hint: expect.stringContaining('unset it'),
      },
      { code: 'bad-input', message: expect.stringContaining('REQUESTS_CA_BUNDLE') },
    ]);
    expect(tls.getCACertificates('default').map((pem) => pem.trim())).toContain(certificate.trim());
  });

  it('of the system are trusted', () => {
    trustAuthorities({ env: {} });
    const trusted = new Set(tls.getCACertificates('default'));
    const system = tls.getCACertificates('system');
    expect(system.filter((pem) => !trusted.has(pem))).toEqual([]);
  });

  it('are left out where the setting names a file that cannot be used, and the others stay', async () => {
    const missing = path.join(folder, 'missing.pem');
    const { certificate } = await createAuthority('Environment');
    const env = { NODE_EXTRA_CA_CERTS: await write('own.pem', certificate) };
    expect(trustUsableAuthorities({ env, setting: missing })).toMatchObject([{ code: 'file-unreadable' }]);
    expect(tls.getCACertificates('default').map((pem) => pem.trim())).toContain(certificate.trim());
    expect(trustUsableAuthorities({ env })).toEqual([]);
    // Whoever set a variable can unset it.
    const wrong = { NODE_EXTRA_CA_CERTS: missing };
    expect(() => trustUsableAuthorities({ env: wrong, setting: missing })).toThrow(/NODE_EXTRA_CA_CERTS/);
  });
});
