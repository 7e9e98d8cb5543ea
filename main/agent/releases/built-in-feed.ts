/**
 * The feed that counts where the organisation names none: its address without `/v1/releases`, and the ed25519 public
 * keys (32 bytes in base64) that it may sign with, more than one while a key is changed. While the address is empty,
 * nobody is asked for releases.
 */
export const builtInFeed: { readonly url: string; readonly keys: readonly string[] } = { url: '', keys: [] };
