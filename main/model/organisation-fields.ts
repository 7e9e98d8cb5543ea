import { z } from 'zod';

// Fields of an organisation's configuration that several of its parts have.

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
