/** The Worker's environment: the bindings of wrangler.jsonc, and its secrets. */
export interface Environment {
  readonly RELEASES: KeyValueStore;
  /** The organisation's catalog. Without it, the Worker serves releases only. */
  readonly CATALOG?: KeyValueStore;
  /** The secret that permits publishing. */
  readonly PUBLISH_SECRET?: string;
  /** A second one, while publishers change from one to the other. */
  readonly PUBLISH_SECRET_NEXT?: string;
  /** An Ed25519 private key: PKCS #8, DER, in base64. */
  readonly SIGNING_KEY?: string;
  /** The Access team, for example `acme.cloudflareaccess.com`. */
  readonly ACCESS_TEAM?: string;
  /** The audience tag of the catalog's Access application. Several are separated by commas. */
  readonly ACCESS_AUDIENCE?: string;
  /** The Ed25519 public keys whose catalogs are accepted: 32 bytes in base64, separated by commas. */
  readonly CATALOG_PUBLIC_KEY?: string;
}

/** The used part of a Workers KV namespace. */
export interface KeyValueStore {
  get(key: string, type: 'json'): Promise<unknown>;
  get(key: string, type: 'text'): Promise<string | null>;
  get(
    key: string,
    options: { readonly type: 'arrayBuffer'; readonly cacheTtl?: number },
  ): Promise<ArrayBuffer | null>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { readonly prefix: string; readonly cursor?: string }): Promise<{
    readonly keys: readonly { readonly name: string }[];
    readonly list_complete: boolean;
    readonly cursor?: string;
  }>;
}

export const channels = ['stable', 'beta'] as const;
export type Channel = (typeof channels)[number];

const common = {
  'content-type': 'application/json; charset=utf-8',
  'x-content-type-options': 'nosniff',
} as const;

/** Returns a JSON response. */
export function answer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...common, 'cache-control': 'no-store', ...headers },
  });
}
