/**
 * The default feed, unless the organisation names one: its address without `/v1/releases`, and the ed25519 public keys
 * (32 bytes in base64) that it may sign with. There is more than one key while a key is rotated. With an empty address,
 * no releases are checked.
 */
export const builtInFeed: { readonly url: string; readonly keys: readonly string[] } = { url: '', keys: [] };
