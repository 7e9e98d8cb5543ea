import { AppError } from '../../../model/app-error.ts';
import type { Credential, CredentialProviderOf } from '../credential-provider.ts';
import { type AksCredentialSource, readAksKubeconfig } from './aks-kubeconfig.ts';
import type { AzureParts } from './cli-sessions.ts';
import { type AzureSession, createAzureSessions } from './clients.ts';
import { azureError, notSignedIn } from './errors.ts';
import { aksIdentity } from './identity.ts';

/** Makes credentials for AKS. Cached ones are valid as long as the session stays the same. */
export function aksCredentials(parts: AzureParts): CredentialProviderOf<'aks'> {
  const current = createAzureSessions(parts);
  return {
    kind: 'aks',
    async prepare({ source }) {
      const session = await current();
      if (session === undefined) throw notSignedIn();
      return { identity: session, make: () => aksCredential(session, source) };
    },
  };
}

/**
 * Returns a credential that an AKS cluster accepts: a token of Microsoft Entra for its server application, as kubelogin
 * gets it, or the client certificate that AKS gives out if the cluster does not authenticate users.
 */
async function aksCredential(session: AzureSession, source: AksCredentialSource): Promise<Credential> {
  const { login, cluster } = source;
  if (login.kind === 'client-certificate') {
    const { client } = await readAksKubeconfig({ session, source });
    if (client !== undefined) return { kind: 'client-certificate', ...client, expiresAt: undefined };
    throw new AppError('credential-failed', `AKS gives no client certificate for ${cluster}.`, {
      hint: 'Run `k8s-tunnels discover`: the cluster may use Microsoft Entra now.',
    });
  }
  const { tenant, application } = login;
  try {
    const token = await session.credential(tenant).getToken(`${application}/.default`);
    if (token === null) throw new Error('no token was given');
    return {
      kind: 'token',
      token: token.token,
      expiresAt: token.expiresOnTimestamp,
      identity: aksIdentity(token.token, session.signIns),
    };
  } catch (error) {
    throw azureError({
      error,
      session,
      tenant,
      action: 'a token',
      scope: `cluster ${cluster}`,
      tokenScope: `${application}/.default`,
    });
  }
}
