import { AppError } from '../../../model/app-error.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { createGcpSession, type GcpParts, type GcpSession } from './adc.ts';
import { gcpLoginHint } from './errors.ts';

type Parts = Omit<GcpParts, 'account'> & {
  /** Returns the account that the user chose for each project. */
  readonly chosen?: () => Readonly<Record<string, string>>;
};

/** Makes access tokens for GKE, which Google's library caches by user. */
export function gkeCredentials(parts: Parts): CredentialProviderOf<'gke'> {
  const sessions = new Map<string | undefined, GcpSession>();
  const sessionOf = (account: string | undefined) => {
    const session = sessions.get(account) ?? createGcpSession({ ...parts, account });
    sessions.set(account, session);
    return session;
  };
  return {
    kind: 'gke',
    prepare: async ({ source, cluster }) => ({
      identity: undefined,
      make: () => gkeCredential(sessionOf(parts.chosen?.()[cluster.account] ?? source.account)),
    }),
  };
}

/**
 * Returns the access token of the credentials that apply: every GKE cluster's API accepts it. Rejects as `access` does.
 */
export async function gkeCredential(session: GcpSession): Promise<Credential> {
  const access = await session.access();
  if (access !== undefined) {
    const hasChoice = access.choices.length > 1;
    return {
      kind: 'token',
      token: access.token,
      expiresAt: access.expiresAt,
      identity: {
        used: access.title,
        others: access.others,
        grants:
          "a Google Cloud IAM role on the cluster's project with permissions on Kubernetes objects (roles/container.viewer, container.developer or container.admin), or a Kubernetes role binding for it",
        choose: hasChoice
          ? 'the setting gcpAccounts or the variable GOOGLE_APPLICATION_CREDENTIALS'
          : 'signing out (`k8s-tunnels logout gcp`) or the variable GOOGLE_APPLICATION_CREDENTIALS',
        ...(hasChoice ? { choice: { setting: 'gcpAccounts' as const, names: access.choices } } : {}),
      },
    };
  }
  throw new AppError('gcp-session-expired', 'You are not signed in to Google on this computer.', {
    hint: gcpLoginHint,
    signIn: { provider: 'gcp' },
  });
}
