import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

export interface KeyAndCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
}

const notBefore = () => new Date(Date.now() - dayMs);
const notAfter = () => new Date(Date.now() + 365 * dayMs);
/** Positive, of 64 bits. */
const serialNumber = () => `4${randomBytes(8).toString('hex').slice(1)}`;

async function pemOf(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** A root that signs itself. */
export async function makeRoot(name: string): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: notBefore(),
    notAfter: notAfter(),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: root.toString('pem') };
}

async function issue(
  root: KeyAndCertificate,
  subject: x509.JsonName,
  extensions: readonly x509.Extension[],
): Promise<KeyAndCertificate> {
  const issuer = new x509.X509Certificate(root.certificate);
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(root.key),
    algorithm,
    false,
    ['sign'],
  );
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer.subject,
    notBefore: notBefore(),
    notAfter: notAfter(),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...extensions,
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: certificate.toString('pem') };
}

/** Signs a server certificate for host names and IP addresses. */
export function makeServer(root: KeyAndCertificate, names: readonly string[], commonName: string) {
  return issue(
    root,
    [{ CN: [commonName] }],
    [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({
          type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
          value,
        })),
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  );
}

/** Signs a client certificate as Kubernetes reads it: CN is the user, O the groups. */
export function makeClient(root: KeyAndCertificate, user: string, groups: readonly string[]) {
  return issue(
    root,
    [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))],
    [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  );
}

/** The self-signed certificate of an RSA key, PEM. */
export async function makeSelfSigned(
  name: string,
  pem: { readonly privateKey: string; readonly publicKey: string },
): Promise<string> {
  const keys = {
    privateKey: await crypto.subtle.importKey(
      'pkcs8',
      x509.PemConverter.decodeFirst(pem.privateKey),
      rsa,
      false,
      ['sign'],
    ),
    publicKey: await crypto.subtle.importKey(
      'spki',
      x509.PemConverter.decodeFirst(pem.publicKey),
      rsa,
      true,
      ['verify'],
    ),
  };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    keys,
    signingAlgorithm: rsa,
  });
  return certificate.toString('pem');
}
