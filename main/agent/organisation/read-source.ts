import { createHash } from 'node:crypto';
import { AppError } from '../../model/app-error.ts';
import type { Answer, Network } from '../network/network.ts';
import { unreadable } from '../storage/unreadable.ts';
import { userAgent } from '../version.ts';
import { readRegularFile } from './regular-file.ts';
import { missingSignature, signaturesIn, signersOf } from './signature.ts';
import { maxBytes, type Origin, placeOf } from './source.ts';

/** A configuration as it was read; its signature is verified if keys are pinned. */
export interface Reading {
  readonly text: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
  readonly etag?: string;
  /** The pinned keys that have signed it: none if no key is pinned. */
  readonly signers: readonly string[];
}

const timeoutMs = 10_000;
const maxRedirects = 3;

/**
 * Reads a configuration, and with keys `<place>.sig` beside it: ed25519 signatures over its bytes, of which one must be
 * by one of the keys. Resolves with undefined if the server confirms that `etag` is current. Rejects with `organisation-refused`
 * (signature, cross-origin redirect), `organisation-unavailable`, `bad-input` (too long, not UTF-8), `file-unreadable`,
 * or a network code.
 */
export async function readSource(options: {
  readonly origin: Origin;
  /** Ed25519 public keys in base64. */
  readonly keys: readonly string[];
  readonly etag?: string | undefined;
  readonly network: Network;
}): Promise<Reading | undefined> {
  const { origin, keys, etag, network } = options;
  const place = placeOf(origin);
  const read =
    origin.kind === 'url' ? await download(network, origin.url, etag) : await readBytes(origin.path);
  if (read === undefined) return undefined;
  const signers = keys.length === 0 ? [] : await readSigners({ origin, bytes: read.bytes, keys, network });
  const text = decode(read.bytes, place);
  // Servers answer with a web page where they have no configuration.
  if (/^\s*<[!a-z]/i.test(text))
    throw new AppError('bad-input', `${place} returns a web page instead of a configuration.`, {
      hint: 'Check the address, or ask its administrator.',
    });
  return {
    text,
    digest: createHash('sha256').update(read.bytes).digest('hex'),
    signers,
    ...(read.etag === undefined ? {} : { etag: read.etag }),
  };
}

async function readSigners(options: {
  readonly origin: Origin;
  readonly bytes: Buffer;
  readonly keys: readonly string[];
  readonly network: Network;
}): Promise<readonly string[]> {
  const { origin, bytes, keys, network } = options;
  const place = placeOf(origin);
  const signature =
    origin.kind === 'url'
      ? await download(network, signatureUrl(origin.url)).catch(unsigned(place))
      : await readBytes(`${origin.path}.sig`).catch(unsigned(place));
  return signersOf({ place, bytes, signature: signature?.bytes, keys });
}

/** Returns whether a configuration has a signature file, whatever its key. Never rejects. */
export async function hasSignature(options: {
  readonly origin: Origin;
  readonly network: Network;
}): Promise<boolean> {
  const { origin, network } = options;
  const beside =
    origin.kind === 'url' ? download(network, signatureUrl(origin.url)) : readBytes(`${origin.path}.sig`);
  return beside.then(
    (read) => signaturesIn(read?.bytes).length > 0,
    () => false,
  );
}

interface Bytes {
  readonly bytes: Buffer;
  readonly etag?: string | undefined;
}

async function download(network: Network, from: string, etag?: string): Promise<Bytes | undefined> {
  const start = new URL(from);
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const answer = await network
      .request(url, {
        headers: {
          'user-agent': userAgent,
          accept: 'application/yaml, text/plain, */*',
          ...(etag === undefined ? {} : { 'if-none-match': etag }),
        },
        timeoutMs,
        maxBytes,
      })
      .catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        // The user entered the address, so a bad answer is bad input.
        const code = error.code === 'answer-refused' ? 'bad-input' : error.code;
        const { retryable, hint = '' } = error;
        const tried = `The configuration was requested at ${placeOf({ kind: 'url', url: url.href })}.`;
        throw new AppError(code, error.message, {
          hint: `${tried} ${hint}`.trim(),
          retryable,
          cause: error,
        });
      });
    if (answer.status === 304 && etag !== undefined) return undefined;
    if (answer.status === 200) return { bytes: answer.body, etag: answer.headers.etag };
    url = redirected(url, answer, start);
  }
  throw new AppError('organisation-unavailable', `${start.host} redirects the configuration in circles.`);
}

/** Refuses redirects to another origin: the user accepted only this one. */
function redirected(url: URL, { status, headers }: Answer, start: URL): URL {
  const next = headers.location === undefined ? null : URL.parse(headers.location, url);
  if (![301, 302, 303, 307, 308].includes(status) || next === null) {
    throw new AppError(
      'organisation-unavailable',
      `${start.origin}${start.pathname} answered ${status} to the request for the configuration.`,
      {
        hint: 'Check the address, or ask its administrator.',
        retryable: status === 429 || status >= 500,
      },
    );
  }
  if (next.origin === start.origin) return next;
  throw new AppError(
    'organisation-refused',
    `${placeOf({ kind: 'url', url: start.href })} redirects to ${next.host}, a different host.`,
    {
      hint: `Use the address that it redirects to, if you trust it: ${placeOf({ kind: 'url', url: next.href })}`,
    },
  );
}

/** Returns the address of the signature: same path with `.sig`, same query. */
function signatureUrl(text: string): string {
  const url = new URL(text);
  url.pathname += '.sig';
  return url.href;
}

async function readBytes(file: string): Promise<Bytes> {
  try {
    return { bytes: await readRegularFile(file) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw unreadable(file, cause, { hint: 'Check the path, and that you may read the file.' });
  }
}

/** Treats a missing signature as a wrong one, but not a network failure. */
function unsigned(place: string) {
  return (error: unknown): undefined => {
    const codes = ['organisation-unavailable', 'file-unreadable'];
    if (error instanceof AppError && codes.includes(error.code) && !error.retryable) {
      throw missingSignature(place, error);
    }
    throw error;
  };
}

function decode(bytes: Buffer, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('bad-input', `${place} is not UTF-8 text.`, {
      hint: 'Check the address, or ask its administrator.',
      cause,
    });
  }
}
