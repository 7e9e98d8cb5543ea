import { AppError } from '../app-error.ts';
import { gcpLoginHint } from '../discovery/gcp-errors.ts';
import type { GcpLogin } from '../discovery/gcp-login.ts';
import type { Credential } from './credentials.ts';

/** The access token of the credentials that count, which every GKE cluster's API takes. Rejects as `access` does. */
export async function gkeCredential(login: GcpLogin): Promise<Credential> {
  const access = await login.access();
  if (access !== undefined) return { kind: 'token', token: access.token, expiresAt: access.expiresAt };
  throw new AppError('gcp-session-expired', 'You are not signed in to Google on this computer.', {
    hint: gcpLoginHint,
    signIn: { provider: 'gcp' },
  });
}
