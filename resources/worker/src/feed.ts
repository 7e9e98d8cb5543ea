import { isKnown } from './conditional.ts';
import { answer, type Channel, type Environment } from './environment.ts';
import { readChannel } from './stored.ts';

/** How long a cache may serve the response. */
const caching = { 'cache-control': 'public, max-age=300' };

/**
 * `GET /v1/releases/CHANNEL?current=&platform=&arch=&bucket=`: returns the newest signed release for the bucket, a
 * random number from 0 to 99 that the installation keeps. A rollout is drawn for each version, so that the same
 * installations are not the first each time. Without a bucket, returns the newest release for all. The other parameters select nothing: they show the operator which versions are in use.
 */
export async function readFeed(
  request: Request,
  channel: Channel,
  { RELEASES }: Environment,
): Promise<Response> {
  const bucket = new URL(request.url).searchParams.get('bucket');
  if (bucket !== null && !/^\d{1,2}$/.test(bucket))
    return answer(400, { error: 'malformed', field: 'bucket' });
  const releases = await readChannel(RELEASES, channel);
  const release = releases.find(({ version, rollout }) =>
    bucket === null ? rollout === 100 : drawOf(Number(bucket), version) < rollout,
  );
  if (release === undefined) return new Response(null, { status: 204, headers: caching });
  const { etag, envelope } = release;
  const headers = { ...caching, etag };
  if (isKnown(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers });
  // The runtime removes the body of a response to HEAD.
  return answer(200, { ...envelope }, headers);
}

/** Returns a number from 0 to 99: another one for each bucket, and other ones for each version (FNV-1a). */
function drawOf(bucket: number, version: string): number {
  let hash = 2_166_136_261;
  for (const character of version) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  return (bucket + (hash >>> 0)) % 100;
}
