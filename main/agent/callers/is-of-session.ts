import type { CredentialSource } from '../../model/cluster.ts';

/**
 * Returns whether a session makes the credential of a cluster. `kind` is what its provider makes; undefined: none. Each
 * Vault has a session of its own, named by its host; of other providers any session may.
 */
export function isOfSession(
  credential: CredentialSource | undefined,
  {
    kind,
    session,
  }: { readonly kind: CredentialSource['kind'] | undefined; readonly session?: string | undefined },
): boolean {
  if (kind === undefined || credential?.kind !== kind) return false;
  if (credential.kind !== 'vault' || session === undefined) return true;
  return URL.parse(credential.address)?.host === session;
}
