import { AppError } from '../../../model/app-error.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { createGcpLogin, type GcpLogin, type GcpPlaces } from './adc.ts';
import { gcpLoginHint } from './errors.ts';

/** Access tokens for GKE, which Google's library keeps by who is signed in. */
export function gkeCredentials(places: GcpPlaces): CredentialProviderOf<'gke'> {
  const login = createGcpLogin(places);
  return {
    kind: 'gke',
    prepare: async () => ({ identity: undefined, make: () => gkeCredential(login) }),
  };
}

/** The access token of the credentials that count, which every GKE cluster's API takes. Rejects as `access` does. */
export async function gkeCredential(login: GcpLogin): Promise<Credential> {
  const access = await login.access();
  if (access !== undefined) return { kind: 'token', token: access.token, expiresAt: access.expiresAt };
  throw new AppError('gcp-session-expired', 'You are not signed in to Google on this computer.', {
    hint: gcpLoginHint,
    signIn: { provider: 'gcp' },
  });
}
