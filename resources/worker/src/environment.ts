/** The Worker's environment: the bindings of wrangler.jsonc, and its secrets. */
export interface Environment {
  readonly RELEASES: KeyValueStore;
  /** The secret that permits publishing. */
  readonly PUBLISH_SECRET?: string;
  /** An Ed25519 private key: PKCS #8, DER, in base64. */
  readonly SIGNING_KEY?: string;
}

/** The used part of a Workers KV namespace. */
export interface KeyValueStore {
  get(key: string, type: 'json'): Promise<unknown>;
  put(key: string, value: string): Promise<void>;
}

export const channels = ['stable', 'beta'] as const;
export type Channel = (typeof channels)[number];

/** Returns a JSON response. */
export function answer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
    },
  });
}
