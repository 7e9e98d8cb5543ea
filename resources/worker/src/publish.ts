import { compareVersions } from '../../../main/model/semver.ts';
import { readAtMost } from './body.ts';
import { answer, type Channel, type Environment } from './environment.ts';
import { refusePublishing } from './permission.ts';
import { notesAtMost, readPublication } from './publication.ts';
import { etagOf, signRelease } from './sign.ts';
import { readChannel, type StoredRelease, writeChannel } from './stored.ts';

/** The longest request: escaped notes may take twice their size in JSON, and the rest is short. */
const bodyAtMost = 2 * notesAtMost + 8_192;

/**
 * `POST /v1/releases/CHANNEL`: signs a release and adds it to the feed. Publishing the same version again updates it,
 * for example its rollout. Rejects a version older than the channel's newest, unless it replaces all.
 */
export async function publish(
  request: Request,
  channel: Channel,
  environment: Environment,
): Promise<Response> {
  const { RELEASES, SIGNING_KEY = '' } = environment;
  if (SIGNING_KEY === '') return answer(503, { error: 'not-configured' });
  const refused = await refusePublishing(request, environment);
  if (refused !== undefined) return refused;

  const text = await readAtMost(request, bodyAtMost);
  if (text === undefined) return malformed('body');
  const read = readPublication(text);
  if ('field' in read) return malformed(read.field);
  const { replace = false, ...publication } = read.publication;
  const releases = await readChannel(RELEASES, channel);
  const [newest] = releases;
  if (newest !== undefined && !replace && compareVersions(publication.version, newest.version) < 0)
    return answer(400, { error: 'older', field: 'version', newest: newest.version });

  const isSame = ({ version }: StoredRelease) => compareVersions(version, publication.version) === 0;
  const publishedAt = releases.find(isSame)?.publishedAt ?? new Date().toISOString();
  // Sign the channel too, so that a release of one channel is not valid in another.
  const payload = { channel, publishedAt, ...publication };
  const envelope = await signRelease(payload, SIGNING_KEY).catch(() => undefined);
  if (envelope === undefined) return answer(503, { error: 'not-configured' });
  const { version, rollout } = publication;
  const stored = { version, rollout, publishedAt, etag: await etagOf(envelope), envelope };
  const others = replace ? [] : releases.filter((one) => !isSame(one));
  await writeChannel(RELEASES, channel, [stored, ...others]);
  return answer(200, { ...payload, keyId: envelope.keyId, etag: stored.etag });
}

function malformed(field: string): Response {
  return answer(400, { error: 'malformed', field });
}
