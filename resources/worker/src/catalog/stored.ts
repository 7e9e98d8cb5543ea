import type { Envelope } from '../../../../main/model/published-catalog.ts';
import type { KeyValueStore } from '../environment.ts';

/** A bundle and who may read it: groups, `service:<client id>`, or `*` for everybody whom Access admits. */
export interface IndexEntry {
  readonly digest: string;
  readonly audience: readonly string[];
}

/** The value of `manifest`: one value, because KV does not update two of them together. */
export interface StoredCatalog {
  readonly manifest: Envelope;
  readonly index: readonly IndexEntry[];
}

export const manifestKey = 'manifest';

export function bundleKey(digest: string): string {
  return `bundle/${digest}`;
}

/** The fields of a manifest that the Worker reads. */
export interface Manifest {
  readonly revision: number;
  readonly root: string;
}

/** Returns what the manifest's payload says, or undefined if it is no manifest. */
export function readManifest({ payload }: Envelope): Manifest | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(payload));
    const { kind, version, revision, root } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const isGood = kind === 'manifest' && version === 1 && Number.isSafeInteger(revision) && isDigest(root);
    return isGood ? { revision: Number(revision), root } : undefined;
  } catch {
    return undefined;
  }
}

export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
}

export function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false;
  const { payload, signature, keyId } = value as Readonly<Record<string, unknown>>;
  return [payload, signature].every(isBase64) && typeof keyId === 'string' && /^[0-9a-f]{16}$/.test(keyId);
}

function isBase64(value: unknown): boolean {
  return typeof value === 'string' && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
}

/** Returns the SHA-256, in base64url, of the texts joined by line feeds. */
export async function digestOf(texts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(texts.join('\n'));
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

export function base64url(bytes: Uint8Array): string {
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return base64
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '');
}

/** Decodes base64. Throws for other text. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Returns the digests of all bundles that are stored. */
export async function storedDigests(store: KeyValueStore): Promise<ReadonlySet<string>> {
  const prefix = bundleKey('');
  const digests = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await store.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { name } of page.keys) digests.add(name.slice(prefix.length));
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
  return digests;
}
