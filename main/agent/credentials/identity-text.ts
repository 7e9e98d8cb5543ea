import type { CredentialIdentity } from '../../model/credential-identity.ts';

/** Says in a line who signs in to a cluster, who else could, and what its API may miss. */
export function identityText(identity: CredentialIdentity): string {
  return `signs in as ${who(identity)} If its API answers 401 or 403, that identity needs ${identity.grants}.`;
}

/** Says whose credential an API server has refused, who else could sign in, and what grants access. */
export function refusedText(identity: CredentialIdentity): string {
  return `signed in as ${who(identity)} That identity needs ${identity.grants}.`;
}

function who({ used, others, choose }: CredentialIdentity): string {
  return others.length === 0
    ? `${used}.`
    : `${used}. Others that reach it: ${others.join(', ')} (choose by ${choose}).`;
}
