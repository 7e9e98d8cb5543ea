import { AppError } from '../../../model/app-error.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { createGcpSession, type GcpParts, type GcpSession, secondAccount } from './adc.ts';
import { gcpLoginHint } from './errors.ts';

/** Makes access tokens for GKE, which Google's library caches by user. */
export function gkeCredentials(parts: GcpParts): CredentialProviderOf<'gke'> {
  const first = createGcpSession(parts);
  const second = createGcpSession({ ...parts, account: secondAccount });
  return {
    kind: 'gke',
    prepare: async ({ source }) => ({
      identity: undefined,
      make: () => gkeCredential(source.account === undefined ? first : second),
    }),
  };
}

/**
 * Returns the access token of the credentials that apply: every GKE cluster's API accepts it. Rejects as `access` does.
 */
export async function gkeCredential(session: GcpSession): Promise<Credential> {
  const access = await session.access();
  if (access !== undefined)
    return {
      kind: 'token',
      token: access.token,
      expiresAt: access.expiresAt,
      identity: {
        used: access.title,
        others: access.others,
        grants:
          "a Google Cloud IAM role on the cluster's project with permissions on Kubernetes objects (roles/container.viewer, container.developer or container.admin), or a Kubernetes role binding for it",
        choose: 'signing out (`k8s-tunnels logout gcp`) or the variable GOOGLE_APPLICATION_CREDENTIALS',
      },
    };
  throw new AppError('gcp-session-expired', 'You are not signed in to Google on this computer.', {
    hint: gcpLoginHint,
    signIn: { provider: 'gcp' },
  });
}
