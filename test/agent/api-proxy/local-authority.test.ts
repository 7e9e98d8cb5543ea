import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type KeyAndCertificate, openLocalAuthority } from '../../../main/agent/api-proxy/local-authority.ts';
import { silentLogger } from '../../../main/agent/parts.ts';
import { makeServer } from '../../world/certificates.ts';
import { skippingClock } from '../skipping-clock.ts';

const day = 86_400_000;
let folder: string;
let clock: ReturnType<typeof skippingClock>;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8s-tunnels-authority-'));
  clock = skippingClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = () => openLocalAuthority({ folder, clock, logger: silentLogger });
const stored = async () => {
  const { data } = JSON.parse(await readFile(path.join(folder, 'api-proxy-authority.json'), 'utf8'));
  return data as KeyAndCertificate;
};

/** What a client says of the certificate: undefined where it trusts it. */
function trouble(server: KeyAndCertificate, ca: string, host: string): Promise<string | undefined> {
  const [near, far] = duplexPair();
  const secureContext = tls.createSecureContext({ key: server.key, cert: server.certificate });
  const end = new tls.TLSSocket(far, { isServer: true, secureContext });
  end.on('error', () => {});
  return new Promise((resolve) => {
    const client = tls.connect({ socket: near, ca, host, servername: /^\d/.test(host) ? '' : host }, () =>
      resolve(undefined),
    );
    client.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

it('makes one authority, which only the user can read, and keeps it', async () => {
  const first = await open();
  expect((await open()).certificate).toBe(first.certificate);
  const { key } = await stored();
  expect(new X509Certificate(first.certificate).publicKey.asymmetricKeyDetails).toMatchObject({
    namedCurve: 'prime256v1',
  });
  expect(key).toContain('PRIVATE KEY');
  for (const name of await readdir(folder))
    if (process.platform !== 'win32')
      expect((await stat(path.join(folder, name))).mode & 0o777, name).toBe(0o600);
});

it.each(['127.0.0.1', 'localhost'])('its certificate is good for %s', async (host) => {
  const authority = await open();
  expect(await trouble(await authority.server(), authority.certificate, host)).toBeUndefined();
});

it('its certificate is good for no other name, and no other authority vouches for it', async () => {
  const authority = await open();
  const server = await authority.server();
  expect(await trouble(server, authority.certificate, 'api.cluster.example')).toBe(
    'ERR_TLS_CERT_ALTNAME_INVALID',
  );
  const other = await openLocalAuthority({ folder: path.join(folder, 'other'), clock, logger: silentLogger });
  expect(await trouble(server, other.certificate, '127.0.0.1')).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

it.each([
  ['a name', 'api.cluster.example'],
  ['another address', '10.0.0.1'],
])('who steals its key can make no certificate for %s', async (_, host) => {
  const authority = await open();
  const forged = await makeServer(await stored(), [host], 'forged');
  expect(await trouble(forged, authority.certificate, host)).toMatch(
    /PERMITTED_VIOLATION|permitted subtree|UNSPECIFIED/,
  );
});

it('its certificate is made again before it expires, and the authority stays', async () => {
  const authority = await open();
  const { certificate } = await authority.server();
  expect((await authority.server()).certificate).toBe(certificate);
  clock.skip(16 * day);
  const next = await authority.server();
  expect(next.certificate).not.toBe(certificate);
  expect(new X509Certificate(next.certificate).validTo).not.toBe(new X509Certificate(certificate).validTo);
  expect((await open()).certificate).toBe(authority.certificate);
});
