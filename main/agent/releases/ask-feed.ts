import { AppError } from '../../model/app-error.ts';
import type { Release } from '../../model/release.ts';
import type { Network } from '../network/network.ts';
import { userAgent } from '../version.ts';
import { openEnvelope } from './envelope.ts';
import type { Feed } from './feed.ts';

/** All information that a feed receives about an installation. */
export interface Installation {
  readonly version: string;
  readonly platform: string;
  readonly arch: string;
  /** Random, 0 to 99: decides when this installation gets a release that is rolled out gradually. */
  readonly bucket: number;
}

export type Answered =
  | { readonly kind: 'unchanged' }
  /** The bucket has no release yet. */
  | { readonly kind: 'none' }
  | { readonly kind: 'release'; readonly release: Release; readonly etag: string | undefined };

const timeoutMs = 10_000;
const maxBytes = 256 * 1024;
const maxRedirects = 3;

/**
 * Asks a feed for its newest release and checks the signature. Rejects with `bad-input` if the answer is invalid
 * (including a redirect to another host), with `answer-refused` if it is too long, with `not-found` for a status other
 * than 200, 204 and 304, or as the network does.
 */
export async function askFeed(options: {
  readonly feed: Feed;
  readonly installation: Installation;
  readonly etag: string | undefined;
  readonly network: Network;
}): Promise<Answered> {
  const { feed, installation, etag, network } = options;
  const start = addressOf(feed, installation);
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const { status, headers, body } = await network.request(url, {
      headers: {
        'user-agent': userAgent,
        accept: 'application/json',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
      },
      timeoutMs,
      maxBytes,
    });
    if (status === 304 && etag !== undefined) return { kind: 'unchanged' };
    if (status === 204) return { kind: 'none' };
    if (status === 200) return { kind: 'release', release: openEnvelope(body, feed), etag: headers.etag };
    const next = headers.location === undefined ? null : URL.parse(headers.location, url);
    if (![301, 302, 303, 307, 308].includes(status) || next === null)
      throw new AppError('not-found', `${start.host} answered ${status} when asked for releases.`, {
        retryable: status === 429 || status >= 500,
      });
    if (next.origin !== start.origin)
      throw new AppError('bad-input', `${start.host} redirects to ${next.host}, which is a different host.`);
    url = next;
  }
  throw new AppError('bad-input', `${start.host} redirects in circles.`);
}

function addressOf({ url, channel }: Feed, { version, platform, arch, bucket }: Installation): URL {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  if (base.protocol !== 'https:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(base.hostname))
    throw new AppError('bad-input', 'The release feed can only be asked over https.');
  const address = new URL(`v1/releases/${channel}`, base);
  address.search = String(new URLSearchParams({ current: version, platform, arch, bucket: String(bucket) }));
  return address;
}
