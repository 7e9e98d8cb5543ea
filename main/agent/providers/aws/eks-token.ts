import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { dnsSuffixOf } from './regions.ts';

export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * A cluster accepts a token for 15 minutes after its signing time, by its own clock. If our clock is 10 minutes slow, 5
 * remain. A new token costs no request.
 */
const tokenLifeMs = 4 * 60_000;

/**
 * Creates the bearer token that EKS accepts: a presigned STS GetCallerIdentity with the cluster's name signed in
 * `x-k8s-aws-id`, as unpadded base64url after `k8s-aws-v1.` (aws-iam-authenticator; the same as `aws eks get-token`).
 * Always uses the region's public STS host: the cluster's authenticator accepts no other.
 */
export async function createEksToken(options: {
  readonly cluster: string;
  readonly region: string;
  readonly identity: AwsIdentity;
  readonly now: number;
}): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const { cluster, region, identity, now } = options;
  const host = `sts.${region}.${dnsSuffixOf(region)}`;
  const signer = new SignatureV4({ service: 'sts', region, credentials: identity, sha256: Sha256 });
  const request = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: { host, 'x-k8s-aws-id': cluster },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    },
    {
      expiresIn: 60,
      signingDate: new Date(now),
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
      signableHeaders: new Set(['x-k8s-aws-id', 'host']),
    },
  );
  const query = Object.entries(request.query ?? {})
    .map(([name, value]) => `${escapeUri(name)}=${escapeUri(String(value))}`)
    .join('&');
  const token = `k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString('base64url')}`;
  return { token, expiresAt: now + tokenLifeMs };
}

/** Escapes by RFC 3986, as AWS signs: encodeURIComponent leaves five characters unescaped that must be escaped. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** SHA-256 with the interface that the signer needs. */
class Sha256 {
  private readonly hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.hash.digest());
  }

  reset(): void {}
}

function toBytes(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}
