import type { Envelope } from '../../../../main/model/published-catalog.ts';
import { readAtMost } from '../body.ts';
import { answer, type Environment, type KeyValueStore } from '../environment.ts';
import { refusePublishing } from '../permission.ts';
import {
  bundleKey,
  bytesOf,
  digestOf,
  type IndexEntry,
  isDigest,
  isEnvelope,
  manifestKey,
  readManifest,
  type StoredCatalog,
  storedDigests,
} from './stored.ts';

/** KV takes 25 MiB. */
const bundleAtMost = 20 * 1024 * 1024;
const manifestAtMost = 4 * 1024 * 1024;
const longestAudience = 512;
/** A request may ask KV 1,000 times. What is left is deleted with the next publication. */
const deletedAtMost = 500;

interface Publishing {
  readonly request: Request;
  readonly store: KeyValueStore;
  readonly environment: Environment;
}

/**
 * The publisher's requests, with the secret: `GET /v1/catalog/index`, `GET` and `PUT /v1/catalog/bundles/DIGEST`, `PUT
 * /v1/catalog/manifest`.
 */
export async function publishCatalog(request: Request, environment: Environment): Promise<Response> {
  const { CATALOG: store } = environment;
  if (store === undefined) return answer(503, { error: 'not-configured' });
  const refused = await refusePublishing(request, environment);
  if (refused !== undefined) return refused;
  const publishing = { request, store, environment };
  const { pathname } = new URL(request.url);
  const [, digest] = /^\/v1\/catalog\/bundles\/([A-Za-z0-9_-]{43})$/.exec(pathname) ?? [];
  if (digest !== undefined)
    return byMethod(request, {
      GET: () => readBundle(publishing, digest),
      PUT: () => putBundle(publishing, digest),
    });
  if (pathname === '/v1/catalog/index') return byMethod(request, { GET: () => readIndex(publishing) });
  if (pathname === '/v1/catalog/manifest') return byMethod(request, { PUT: () => putManifest(publishing) });
  return answer(404, { error: 'not-found' });
}

async function byMethod(
  { method }: Request,
  handlers: Readonly<Record<string, () => Promise<Response>>>,
): Promise<Response> {
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler !== undefined) return handler();
  return answer(405, { error: 'method-not-allowed' }, { allow: Object.keys(handlers).join(', ') });
}

async function readStored(store: KeyValueStore): Promise<StoredCatalog | undefined> {
  return ((await store.get(manifestKey, 'json')) ?? undefined) as StoredCatalog | undefined;
}

async function readIndex({ store }: Publishing): Promise<Response> {
  const stored = await readStored(store);
  if (stored === undefined) return answer(404, { error: 'not-published' });
  return answer(200, { manifest: stored.manifest, index: stored.index });
}

async function readBundle({ store }: Publishing, digest: string): Promise<Response> {
  const bundle = await store.get(bundleKey(digest), 'text');
  if (bundle === null) return answer(404, { error: 'not-found' });
  return new Response(bundle, {
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  });
}

async function putBundle({ request, store }: Publishing, digest: string): Promise<Response> {
  const body = parsed(await readAtMost(request, bundleAtMost));
  if (!Array.isArray(body) || body.length === 0 || !body.every(isEnvelope)) return malformed('body');
  if ((await digestOf(body.map(({ signature }) => signature))) !== digest) return malformed('digest');
  // Written again, so that it holds nothing but envelopes.
  await store.put(bundleKey(digest), JSON.stringify(body.map(plainEnvelope)));
  return answer(200, { digest, records: body.length });
}

async function putManifest({ request, store, environment }: Publishing): Promise<Response> {
  const body = parsed(await readAtMost(request, manifestAtMost));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return malformed('body');
  const { manifest: envelope, index, ...others } = body as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) return malformed(other);
  const manifest = isEnvelope(envelope) ? readManifest(envelope) : undefined;
  if (!isEnvelope(envelope) || manifest === undefined) return malformed('manifest');
  if (!isIndex(index)) return malformed('index');
  const digests = index.map(({ digest }) => digest);
  if ((await digestOf(digests.toSorted())) !== manifest.root) return malformed('root');
  const { CATALOG_PUBLIC_KEY = '' } = environment;
  if (CATALOG_PUBLIC_KEY !== '' && !(await isSigned(envelope, CATALOG_PUBLIC_KEY)))
    return answer(400, { error: 'foreign-key', field: 'manifest' });

  const before = await readStored(store);
  const revision = before === undefined ? 0 : (readManifest(before.manifest)?.revision ?? 0);
  if (manifest.revision <= revision) return answer(409, { error: 'older', revision });
  const listed = await storedDigests(store);
  const missing = await missingBundles(store, digests, listed);
  if (missing.length > 0) return answer(400, { error: 'missing', digests: missing });
  const stored: StoredCatalog = { manifest: plainEnvelope(envelope), index };
  await store.put(manifestKey, JSON.stringify(stored));
  // Another location of KV may serve the manifest before for a minute.
  const kept = new Set([...digests, ...(before?.index ?? []).map(({ digest }) => digest)]);
  const needless = [...listed].filter((digest) => !kept.has(digest)).slice(0, deletedAtMost);
  await Promise.all(needless.map((digest) => store.delete(bundleKey(digest))));
  return answer(200, { revision: manifest.revision, bundles: digests.length, deleted: needless.length });
}

/** A list of KV may be a minute old: what it does not name is looked up. */
async function missingBundles(
  store: KeyValueStore,
  digests: readonly string[],
  listed: ReadonlySet<string>,
): Promise<readonly string[]> {
  const unlisted = digests.filter((digest) => !listed.has(digest));
  const found = await Promise.all(unlisted.map((digest) => store.get(bundleKey(digest), 'text')));
  return unlisted.filter((_, at) => found[at] === null);
}

function isIndex(value: unknown): value is readonly IndexEntry[] {
  if (!Array.isArray(value)) return false;
  const digests = new Set(value.map((one: Partial<IndexEntry> | null) => one?.digest));
  return digests.size === value.length && value.every(isIndexEntry);
}

function isIndexEntry(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { digest, audience } = value as Partial<Record<keyof IndexEntry, unknown>>;
  return isDigest(digest) && Array.isArray(audience) && audience.length > 0 && audience.every(isAudience);
}

/** Groups are compared in lower case. */
function isAudience(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= longestAudience &&
    value === value.toLowerCase()
  );
}

async function isSigned(envelope: Envelope, publicKeys: string): Promise<boolean> {
  const verified = publicKeys.split(',').map(async (text) => {
    const key = await crypto.subtle.importKey('raw', bytesOf(text.trim()), 'Ed25519', false, ['verify']);
    const { signature, payload } = envelope;
    return crypto.subtle.verify('Ed25519', key, bytesOf(signature), bytesOf(payload));
  });
  return (await Promise.allSettled(verified)).some((result) => result.status === 'fulfilled' && result.value);
}

function plainEnvelope({ payload, signature, keyId }: Envelope): Envelope {
  return { payload, signature, keyId };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(field: string): Response {
  return answer(400, { error: 'malformed', field });
}
