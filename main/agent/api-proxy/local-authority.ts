import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { z } from 'zod';
import type { Clock, Logger } from '../parts.ts';
import { jsonFile } from '../storage/json-file.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
const authorityDays = 3_650;
const leafDays = 30;
/** How long before its end a certificate is made again. A running client trusts the authority, not the certificate. */
const marginDays = 15;

/**
 * NameConstraints (RFC 5280, 4.2.1.10): the authority can vouch for `localhost` and 127.0.0.1 alone, so that a
 * program that trusts it by mistake, or an account that steals its key, gains no other name.
 * SEQUENCE { [0] { SEQUENCE { [2] "localhost" }, SEQUENCE { [7] 127.0.0.1 255.255.255.255 } } }
 */
const nameConstraints = new x509.Extension(
  '2.5.29.30',
  true,
  Buffer.from(`301ba019300b8209${Buffer.from('localhost').toString('hex')}300a87087f000001ffffffff`, 'hex'),
);

const storedSchema = z.object({ key: z.string(), certificate: z.string() });

/** A key and its certificate, both PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** The agent's own certificate authority, which only its own kubeconfig entries name. */
export interface LocalAuthority {
  /** PEM, for `certificate-authority-data`. */
  readonly certificate: string;
  /** Returns the key and certificate of the local ports: the same until it is due to be replaced. */
  server(): Promise<KeyAndCertificate>;
}

/**
 * Reads the authority from the state folder, or makes one: a P-256 key in a file that only the user can read. The key of
 * the ports' certificate stays in memory. Rejects as reading or writing a file does.
 */
export async function openLocalAuthority(options: {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}): Promise<LocalAuthority> {
  const { folder, clock, logger } = options;
  const file = jsonFile({
    file: path.join(folder, 'api-proxy-authority.json'),
    version: 1,
    schema: storedSchema,
    onUnreadable: (name, reason) => logger.warn('The local authority is made again', { file: name, reason }),
  });
  const stored = await file.read();
  const root = stored !== undefined && isFresh(stored.certificate, clock) ? stored : await makeRoot(clock);
  if (root !== stored) await file.write(root);
  let leaf: Promise<KeyAndCertificate> | undefined;
  return {
    certificate: root.certificate,
    async server() {
      const known = await leaf?.catch(() => undefined);
      if (known !== undefined && isFresh(known.certificate, clock)) return known;
      leaf = makeLeaf(root, clock);
      return leaf;
    },
  };
}

/** Returns false for a certificate that is due to be replaced, or cannot be read. */
function isFresh(pem: string, clock: Pick<Clock, 'now'>): boolean {
  try {
    const { notBefore, notAfter } = new x509.X509Certificate(pem);
    const now = clock.now();
    return now >= notBefore.getTime() && now < notAfter.getTime() - marginDays * dayMs;
  } catch {
    return false;
  }
}

/** Positive, of 64 bits. */
const serialNumber = () => `4${randomBytes(8).toString('hex').slice(1)}`;
/** A day back, for a client whose clock is behind. */
const validity = (clock: Pick<Clock, 'now'>, days: number) => ({
  notBefore: new Date(clock.now() - dayMs),
  notAfter: new Date(clock.now() + days * dayMs),
});
const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

async function pemOf(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

async function makeRoot(clock: Pick<Clock, 'now'>): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=k8s-tunnels local proxy',
    ...validity(clock, authorityDays),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      nameConstraints,
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: root.toString('pem') };
}

/** Has what strict clients demand (Python 3.13, rustls): key identifiers, key usages, alternative names. */
async function makeLeaf(root: KeyAndCertificate, clock: Pick<Clock, 'now'>): Promise<KeyAndCertificate> {
  const issuer = new x509.X509Certificate(root.certificate);
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(root.key),
    algorithm,
    false,
    ['sign'],
  );
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: issuer.subject,
    ...validity(clock, leafDays),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: certificate.toString('pem') };
}
