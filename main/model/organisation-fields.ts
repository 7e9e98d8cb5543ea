import { z } from 'zod';
import { awsRegionPattern } from './aws-portals.ts';
import { closestAwsRegion, looksLikeAwsRegion } from './aws-regions.ts';

// Fields of an organisation's configuration that several of its parts have.

export const absoluteFile = z.string().regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path');
export const names = z.array(z.string().min(1));
export const enabled = z
  .boolean()
  .optional()
  .describe('`false` switches the source off and takes its clusters from the list. On when left out.');

export const httpsUrl = z
  .url({ protocol: /^https$/, error: 'must be an https:// address' })
  .refine((text) => noLogin(text), 'must hold no user name and no password');

/** Requires https, except to this computer, because a token is sent there. */
export const privateUrl = z
  .url({ error: 'must be an https:// address' })
  .refine(isPrivate, 'must be https://, except on this computer')
  .refine(noLogin, 'must hold no user name and no password');

export const ed25519Key = z
  .base64()
  .refine(
    (text) => Buffer.from(text, 'base64').length === 32,
    'must be an ed25519 public key: 32 bytes in base64',
  );

export const awsRegion = z
  .string()
  .regex(awsRegionPattern, { error: 'must be a region such as eu-west-1', abort: true })
  .refine(looksLikeAwsRegion, {
    error: ({ input }) => {
      const near = closestAwsRegion(String(input));
      return `is not a region of AWS${near === undefined ? '' : ` (did you mean ${near}?)`}`;
    },
  });

/** Requires an address without the path that requests add to it. */
export function withoutPath(url: typeof privateUrl, path: string) {
  return url.refine(
    (text) => !URL.parse(text)?.pathname.includes(path),
    `must be the address without ${path}`,
  );
}

function noLogin(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

function isPrivate(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))
  );
}

/** Returns true for a host of a URL that is this computer. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
