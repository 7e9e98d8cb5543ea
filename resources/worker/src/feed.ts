import { answer, type Channel, type Environment } from './environment.ts';
import { readChannel } from './stored.ts';

/** How long a cache may answer in our place. */
const caching = { 'cache-control': 'public, max-age=300' };

/**
 * `GET /v1/releases/CHANNEL?current=&platform=&arch=&bucket=`: the newest release that the bucket may have, signed. The
 * bucket (0 to 99) is a random number that the installation keeps; one that names none gets what all may have. The other
 * parameters choose nothing: they tell the operator what is in use.
 */
export async function readFeed(
  request: Request,
  channel: Channel,
  { RELEASES }: Environment,
): Promise<Response> {
  const bucket = new URL(request.url).searchParams.get('bucket') ?? '99';
  if (!/^\d{1,2}$/.test(bucket)) return answer(400, { error: 'malformed', field: 'bucket' });
  const releases = await readChannel(RELEASES, channel);
  const release = releases.find(({ rollout }) => Number(bucket) < rollout);
  if (release === undefined) return new Response(null, { status: 204, headers: caching });
  const { etag, envelope } = release;
  const headers = { ...caching, etag };
  if (isKnown(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers });
  // What calls the Worker leaves the body out of an answer to HEAD.
  return answer(200, { ...envelope }, headers);
}

/** Compared as RFC 9110 §13.1.2 says: a proxy that compresses makes a tag a weak one. */
function isKnown(header: string | null, etag: string): boolean {
  const tags = (header ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
