import { compareVersions } from '../../../main/model/semver.ts';
import { answer, type Channel, type Environment } from './environment.ts';
import { notesAtMost, readPublication } from './publication.ts';
import { etagOf, isSecret, signRelease } from './sign.ts';
import { readChannel, type StoredRelease, writeChannel } from './stored.ts';

/** Notes in JSON may take twice their size, and there is little else. */
const bodyAtMost = 2 * notesAtMost + 8_192;

/**
 * `POST /v1/releases/CHANNEL`: signs a release and puts it into the feed. The same version again changes what it says, for
 * example its rollout; one that is older than the channel's newest is refused unless it is to replace all.
 */
export async function publish(
  request: Request,
  channel: Channel,
  { RELEASES, PUBLISH_SECRET = '', SIGNING_KEY = '' }: Environment,
): Promise<Response> {
  if (PUBLISH_SECRET === '' || SIGNING_KEY === '') return answer(503, { error: 'not-configured' });
  const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (!(await isSecret(given, PUBLISH_SECRET)))
    return answer(401, { error: 'unauthorized' }, { 'www-authenticate': 'Bearer' });

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
  // With its channel: what was signed for one cannot be passed off in the other.
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

/** Undefined where it is longer, or not UTF-8. Read to its end all the same: who sends it is to get the answer. */
async function readAtMost(request: Request, bytes: number): Promise<string | undefined> {
  const body = await request.arrayBuffer();
  if (body.byteLength > bytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
