import { AppError } from '../../../model/app-error.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { createGcpSession, type GcpParts, type GcpSession } from './adc.ts';
import { gcpLoginHint } from './errors.ts';

/** Makes access tokens for GKE, which Google's library caches by user. */
export function gkeCredentials(parts: GcpParts): CredentialProviderOf<'gke'> {
  const session = createGcpSession(parts);
  return {
    kind: 'gke',
    prepare: async () => ({ identity: undefined, make: () => gkeCredential(session) }),
  };
}

/**
 * Returns the access token of the credentials that apply: every GKE cluster's API accepts it. Rejects as `access` does.
 */
export async function gkeCredential(session: GcpSession): Promise<Credential> {
  const access = await session.access();
  if (access !== undefined) return { kind: 'token', token: access.token, expiresAt: access.expiresAt };
  throw new AppError('gcp-session-expired', 'You are not signed in to Google on this computer.', {
    hint: gcpLoginHint,
    signIn: { provider: 'gcp' },
  });
}
