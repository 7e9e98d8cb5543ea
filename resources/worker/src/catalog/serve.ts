import { isKnown } from '../conditional.ts';
import { answer, type Environment, type KeyValueStore } from '../environment.ts';
import { verifyAssertion } from './assertion.ts';
import { audiencesOf } from './groups.ts';
import {
  base64url,
  bundleKey,
  digestOf,
  type IndexEntry,
  manifestKey,
  readManifest,
  type StoredCatalog,
} from './stored.ts';

/** As in main/model/published-catalog.ts, which would bring its schemas into the Worker. */
const manifestHeader = 'k8s-tunnels-manifest';

const teamName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.cloudflareaccess\.com$/;

/**
 * `GET /v1/catalog`: returns the bundles whose audience the caller belongs to, for a valid Access assertion of the team
 * and the application. Without known groups: those for everybody alone.
 */
export async function readCatalog(request: Request, environment: Environment): Promise<Response> {
  const { CATALOG, ACCESS_TEAM: team = '', ACCESS_AUDIENCE = '' } = environment;
  const audiences = ACCESS_AUDIENCE.split(',').flatMap((one) => one.trim() || []);
  if (CATALOG === undefined || !teamName.test(team) || audiences.length === 0)
    return answer(503, { error: 'not-configured' });

  const assertion = request.headers.get('cf-access-jwt-assertion');
  const verified = await verifyAssertion(assertion, { team, audiences });
  if (verified.kind === 'unavailable') return later('keys-unavailable');
  if (verified.kind === 'invalid' || assertion === null) return answer(401, { error: 'unauthorized' });
  const groups = await audiencesOf(assertion, verified.claims, team);
  if (groups === undefined) return later('identity-unavailable');

  const catalog = await currentCatalog(CATALOG);
  if (catalog === undefined) return answer(404, { error: 'not-published' });
  const { stored, root, header, digests } = catalog;
  const chosen = stored.index.filter((entry) => isFor(entry, groups)).map(({ digest }) => digest);
  const etag = `"${await digestOf([root, ...chosen])}"`;
  const headers = {
    etag,
    [manifestHeader]: header,
    'cache-control': 'private, no-cache',
    vary: 'cf-access-jwt-assertion, cookie',
  };
  if (isKnown(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers });
  const bundles = await Promise.all(chosen.map((digest) => readBundle(CATALOG, digest)));
  // Never a part of what the caller may see: the app would take the rest for deleted.
  if (!bundles.every((one) => one !== undefined)) return later('bundle-missing');
  const { manifest } = stored;
  const body = joined(`{"manifest":${JSON.stringify(manifest)},"digests":${digests},"bundles":[`, bundles);
  return new Response(body, {
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    },
  });
}

function isFor({ audience }: IndexEntry, groups: ReadonlySet<string>): boolean {
  return audience.some((one) => one === '*' || groups.has(one));
}

function later(error: string): Response {
  return answer(503, { error }, { 'retry-after': '60' });
}

interface CurrentCatalog {
  readonly stored: StoredCatalog;
  readonly root: string;
  /** The manifest, as the header has it. */
  readonly header: string;
  /** All digests, as the body has them. */
  readonly digests: string;
}

/** What was read last, so that it is parsed once for each publication and isolate. */
let last: { readonly text: string; readonly catalog: CurrentCatalog } | undefined;

async function currentCatalog(store: KeyValueStore): Promise<CurrentCatalog | undefined> {
  const text = await store.get(manifestKey, 'text');
  if (text === null) return undefined;
  if (last?.text === text) return last.catalog;
  const stored = JSON.parse(text) as StoredCatalog;
  const root = readManifest(stored.manifest)?.root ?? '';
  const header = base64url(new TextEncoder().encode(JSON.stringify(stored.manifest)));
  const digests = JSON.stringify(stored.index.map(({ digest }) => digest).toSorted());
  last = { text, catalog: { stored, root, header, digests } };
  return last.catalog;
}

/** An isolate has 128 MB. */
const bundleBytesAtMost = 48 * 1024 * 1024;
/** The bundles that were read last, by digest: what a digest stands for never changes. */
const bundles = new Map<string, Uint8Array>();
let bundleBytes = 0;

async function readBundle(store: KeyValueStore, digest: string): Promise<Uint8Array | undefined> {
  const known = bundles.get(digest);
  if (known !== undefined) {
    bundles.delete(digest);
    bundles.set(digest, known);
    return known;
  }
  const read = await store.get(bundleKey(digest), { type: 'arrayBuffer', cacheTtl: 86_400 });
  if (read === null) return undefined;
  const bytes = new Uint8Array(read);
  if (!bundles.has(digest)) bundleBytes += bytes.length;
  bundles.set(digest, bytes);
  for (const [oldest, { length }] of bundles) {
    if (bundleBytes <= bundleBytesAtMost) break;
    bundles.delete(oldest);
    bundleBytes -= length;
  }
  return bytes;
}

/** Returns the bytes of the answer. The bundles are copied as they are stored: no record is parsed. */
function joined(begin: string, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const [comma, end] = [encoder.encode(','), encoder.encode(']}')];
  const pieces = [
    encoder.encode(begin),
    ...parts.flatMap((part, index) => (index === 0 ? [part] : [comma, part])),
    end,
  ];
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
