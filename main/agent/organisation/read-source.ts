import { createHash } from 'node:crypto';
import nacl from 'tweetnacl';
import { AppError } from '../../model/app-error.ts';
import type { Answer, Network } from '../network/network.ts';
import { unreadable } from '../storage/unreadable.ts';
import { userAgent } from '../version.ts';
import { readRegularFile } from './regular-file.ts';
import { maxBytes, type Origin, placeOf } from './source.ts';

/** A configuration as it was read; its signature is verified if a key is pinned. */
export interface Reading {
  readonly text: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
  readonly etag?: string;
}

const timeoutMs = 10_000;
const maxRedirects = 3;

/**
 * Reads a configuration, and with a key `<place>.sig` beside it: base64 of the ed25519 signature over its bytes.
 * Resolves with undefined if the server confirms that `etag` is current. Rejects with `organisation-refused`
 * (signature, cross-origin redirect), `organisation-unavailable`, `bad-input` (too long, not UTF-8), `file-unreadable`,
 * or a network code.
 */
export async function readSource(options: {
  readonly origin: Origin;
  readonly key: string | undefined;
  readonly etag?: string | undefined;
  readonly network: Network;
}): Promise<Reading | undefined> {
  const { origin, key, etag, network } = options;
  const place = placeOf(origin);
  const read =
    origin.kind === 'url' ? await download(network, origin.url, etag) : await readBytes(origin.path);
  if (read === undefined) return undefined;
  if (key !== undefined) {
    const signature =
      origin.kind === 'url'
        ? await download(network, signatureUrl(origin.url)).catch(unsigned(place))
        : await readBytes(`${origin.path}.sig`).catch(unsigned(place));
    verify({ place, bytes: read.bytes, signature: signature?.bytes, key });
  }
  const text = decode(read.bytes, place);
  // Servers answer with a web page where they have no configuration.
  if (/^\s*<[!a-z]/i.test(text))
    throw new AppError('bad-input', `${place} returns a web page instead of a configuration.`, {
      hint: 'Check the address, or ask its administrator.',
    });
  return {
    text,
    digest: createHash('sha256').update(read.bytes).digest('hex'),
    ...(read.etag === undefined ? {} : { etag: read.etag }),
  };
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
    (read) => signatureIn(read?.bytes).length === nacl.sign.signatureLength,
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
      throw new AppError('organisation-refused', `${place} has no signature beside it (.sig).`, {
        hint: 'Report it to the administrator of the configuration.',
        cause: error,
      });
    }
    throw error;
  };
}

function verify(options: {
  readonly place: string;
  readonly bytes: Buffer;
  readonly signature: Buffer | undefined;
  readonly key: string;
}): void {
  const { place, bytes, key } = options;
  const signature = signatureIn(options.signature);
  const good =
    signature.length === nacl.sign.signatureLength &&
    nacl.sign.detached.verify(bytes, signature, Buffer.from(key, 'base64'));
  if (good) return;
  throw new AppError('organisation-refused', `The signature of ${place} is not the organisation's.`, {
    hint: 'The configuration may have been changed, or the key is a different one. Ask its administrator.',
  });
}

function signatureIn(bytes: Buffer | undefined): Buffer {
  return Buffer.from(bytes?.toString('latin1').trim() ?? '', 'base64');
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
