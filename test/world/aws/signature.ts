import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { LoopbackRequest } from '../loopback-server.ts';

/** What a request says about its own signature, in its Authorization header or, presigned, in its query. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly timestamp: string;
  readonly securityToken: string | undefined;
}

/** Reads an AWS Signature Version 4; undefined where there is none, or one with a part missing. */
export function readSignatureClaim(request: LoopbackRequest): SignatureClaim | undefined {
  const query = new URLSearchParams(queryOf(request.target));
  const authorization = request.headers.authorization ?? '';
  const presigned = query.has('X-Amz-Signature');
  if (!presigned && !authorization.startsWith('AWS4-HMAC-SHA256 ')) return undefined;
  if (presigned && query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return undefined;
  const part = (name: string) =>
    presigned ? query.get(`X-Amz-${name}`) : new RegExp(`${name}=([^, ]+)`).exec(authorization)?.[1];
  const header = (name: string) =>
    (presigned ? query.get(name) : headerValue(request, name.toLowerCase())) ?? undefined;

  const [accessKeyId, date, region, service, terminator] = part('Credential')?.split('/') ?? [];
  const signedHeaders = part('SignedHeaders');
  const signature = part('Signature');
  const timestamp = header('X-Amz-Date');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request') return undefined;
  if (!signedHeaders || !signature || !timestamp || !/^\d{8}T\d{6}Z$/.test(timestamp)) return undefined;
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: signedHeaders.split(';'),
    signature,
    timestamp,
    securityToken: header('X-Amz-Security-Token'),
  };
}

/** The signature that the request must carry, in lower-case hex. */
export function expectedSignature(options: {
  readonly request: LoopbackRequest;
  readonly claim: SignatureClaim;
  readonly secretAccessKey: string;
}): string {
  const { request, claim, secretAccessKey } = options;
  const [path = '/'] = request.target.split('?', 1);
  const canonicalRequest = [
    request.method,
    // Every service but S3 signs the path encoded once more than it is sent.
    path.split('/').map(encodeRfc3986).join('/'),
    canonicalQuery(request.target),
    ...claim.signedHeaders.map((name) => `${name}:${headerValue(request, name) ?? ''}`),
    '',
    claim.signedHeaders.join(';'),
    headerValue(request, 'x-amz-content-sha256') === 'UNSIGNED-PAYLOAD'
      ? 'UNSIGNED-PAYLOAD'
      : sha256(request.body),
  ].join('\n');
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    claim.timestamp,
    `${claim.date}/${claim.region}/${claim.service}/aws4_request`,
    sha256(canonicalRequest),
  ].join('\n');
  return hmac(signingKey(secretAccessKey, claim), stringToSign).toString('hex');
}

const signingKeys = new Map<string, KeyObject>();

/** Kept, as the real services do: it is the same all day. */
function signingKey(secretAccessKey: string, { date, region, service }: SignatureClaim): KeyObject {
  const id = [secretAccessKey, date, region, service].join(' ');
  const key =
    signingKeys.get(id) ??
    [date, region, service, 'aws4_request'].reduce(
      (parent, text) => createSecretKey(hmac(parent, text)),
      createSecretKey(`AWS4${secretAccessKey}`, 'utf8'),
    );
  signingKeys.set(id, key);
  return key;
}

function canonicalQuery(target: string): string {
  return [...new URLSearchParams(queryOf(target))]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeRfc3986(name), encodeRfc3986(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? Number(x > y) - Number(x < y) : Number(a > b) - Number(a < b)))
    .map((pair) => pair.join('='))
    .join('&');
}

function queryOf(target: string): string {
  const at = target.indexOf('?');
  // A plus sign stands for itself in a signed query; URLSearchParams would read it as a space.
  return at < 0 ? '' : target.slice(at + 1).replaceAll('+', '%2B');
}

function headerValue(request: LoopbackRequest, name: string): string | undefined {
  const value = request.headers[name];
  return (Array.isArray(value) ? value.join(',') : value)?.trim().replace(/\s+/g, ' ');
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(content: string | Buffer): string {
  return hash('sha256', content);
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
