import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../model/app-error.ts';
import { isBareAddress } from './bare-address.ts';

/** More than any real configuration, and still small enough to hold and parse. */
export const maxBytes = 1024 * 1024;

/** The origin of the user's setup. It is pinned: changing it needs confirmation. */
export const originSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('url'), url: z.string() }),
  z.object({ kind: z.literal('file'), path: z.string() }),
]);
export type Origin = z.infer<typeof originSchema>;

/** The source that the user names for a setup. `key` is the organisation's ed25519 public key, 32 bytes in base64. */
export interface SetupSource {
  readonly origin: Origin;
  readonly key?: string;
}

/** The path of a configuration if the address names only a host (RFC 8615). */
const wellKnown = '/.well-known/k8s-tunnels.yaml';

/**
 * Parses an https address, with or without https://, an absolute path, or a link `k8s-tunnels://setup?url=…[&key=…]`.
 * `key` is a key given separately. Throws `bad-input`.
 */
export function parseSource(text: string, key?: string): SetupSource {
  const given = key === undefined ? {} : { key: parseKey(key) };
  if (/^k8s-tunnels:/i.test(text)) {
    const link = parseSetupLink(text);
    if (given.key !== undefined && link.key !== undefined && given.key !== link.key)
      throw new AppError('bad-input', 'The link names another key than the one given with it.');
    return { ...link, ...given };
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    return { origin: { kind: 'url', url: parseUrl(text) }, ...given };
  if (isFileSource(text)) return { origin: { kind: 'file', path: path.normalize(text) }, ...given };
  if (isBareAddress(text)) return { origin: { kind: 'url', url: parseUrl(`https://${text}`) }, ...given };
  throw new AppError('bad-input', 'This is neither an address nor the absolute path of a file.', {
    hint: 'Use a hostname such as acme.example, or a full https:// address.',
  });
}

/** Returns whether a source is a local file. Relative paths do not count: the agent has no working folder. */
export function isFileSource(text: string): boolean {
  return path.isAbsolute(text);
}

/** Parses `k8s-tunnels://setup?url=https://…[&key=…]`. Throws `bad-input`. Takes nothing else from a link. */
export function parseSetupLink(text: string): SetupSource {
  const link = URL.parse(text);
  const isSetup =
    link?.protocol === 'k8s-tunnels:' && link.host === 'setup' && ['', '/'].includes(link.pathname);
  if (link === null || !isSetup || link.username + link.password + link.hash !== '') throw linkError();
  const urls = link.searchParams.getAll('url');
  const keys = link.searchParams.getAll('key');
  const known = urls.length + keys.length === link.searchParams.size;
  const [url] = urls;
  const [key] = keys;
  if (url === undefined || urls.length > 1 || keys.length > 1 || !known) throw linkError();
  // An unescaped plus sign of base64 arrives as a space.
  const pinned = key === undefined ? {} : { key: parseKey(key.replaceAll(' ', '+')) };
  return { origin: { kind: 'url', url: parseUrl(url) }, ...pinned };
}

function linkError(): AppError {
  return new AppError('bad-input', 'The link is not one of the form k8s-tunnels://setup?url=https://….', {
    hint: 'Ask the sender for a new one.',
  });
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:')
    throw new AppError('bad-input', 'The configuration can only be fetched from an https:// address.', {
      hint: 'Ask the sender for one that begins with https://.',
    });
  if (url.username !== '' || url.password !== '') {
    throw new AppError(
      'bad-input',
      'The address of the configuration must hold no user name and no password.',
      { hint: 'Ask the sender for one without.' },
    );
  }
  url.hash = '';
  if (url.pathname === '/' && url.search === '') url.pathname = wellKnown;
  return url.href;
}

/** Converts base64 in either alphabet, with or without padding, to standard base64. Throws `bad-input`. */
export function parseKey(text: string): string {
  const bytes = /^[A-Za-z0-9+/_-]+=*$/.test(text.trim()) ? Buffer.from(text.trim(), 'base64') : undefined;
  if (bytes?.length === 32) return bytes.toString('base64');
  throw new AppError('bad-input', 'The key is not an ed25519 public key: 32 bytes in base64.', {
    hint: 'Ask the administrator of the configuration for its key.',
  });
}

/** Returns the address without its query, which may hold a secret, for messages. */
export function placeOf(origin: Origin): string {
  if (origin.kind === 'file') return origin.path;
  const { origin: host, pathname } = new URL(origin.url);
  return `${host}${pathname}`;
}

export function isSameOrigin(one: Origin, other: Origin): boolean {
  return one.kind === 'url'
    ? other.kind === 'url' && one.url === other.url
    : other.kind === 'file' && one.path === other.path;
}
