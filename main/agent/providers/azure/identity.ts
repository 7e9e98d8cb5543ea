import { decodeJwt } from 'jose';
import type { CredentialIdentity } from '../../../model/credential-identity.ts';
import type { AzureSignIn } from './cli-sessions.ts';

/** Says whose a token for a cluster's API is, and who else is signed in to Azure. */
export function aksIdentity(token: string, signIns: readonly AzureSignIn[]): CredentialIdentity {
  const used = titleIn(token);
  const others = signIns.flatMap(titlesOf).filter((title) => title !== used);
  return {
    used,
    others: [...new Set(others)],
    grants:
      "an Azure role for the cluster's API (Azure Kubernetes Service RBAC Reader, Writer, Admin or Cluster Admin), or a Kubernetes role binding for it or one of its Entra groups",
    choose: 'signing out of those that should not be used: `k8s-tunnels accounts` shows where each is',
  };
}

/** The issuer sent it over TLS, so checking its signature adds nothing. */
function titleIn(token: string): string {
  let claims: ReturnType<typeof decodeJwt> = {};
  try {
    claims = decodeJwt(token);
  } catch {
    // Entra does not promise that a client can read it.
  }
  const { upn, unique_name: unique, preferred_username: preferred, appid, oid } = claims;
  const name = [upn, unique, preferred].find((one) => typeof one === 'string');
  if (name !== undefined && !isId(name)) return account(name);
  const application = [appid, name].find((one) => typeof one === 'string');
  if (application !== undefined) return applicationTitle(application);
  return typeof oid === 'string' ? account(oid) : 'The Azure session';
}

function titlesOf(signIn: AzureSignIn): readonly string[] {
  switch (signIn.kind) {
    case 'environment':
    case 'workload':
      return [applicationTitle(signIn.client)];
    case 'own':
      return signIn.accounts.map(({ username }) => account(username));
    case 'cli': {
      const names = [signIn.username, ...[...signIn.users.values()].map(({ username }) => username)];
      return names.flatMap((name) => (name === undefined ? [] : account(name)));
    }
    case 'powershell':
    case 'developer-cli':
      return [];
  }
}

function account(name: unknown): string {
  return `Azure account ${name}`;
}

function applicationTitle(id: unknown): string {
  return `Azure application ${id}`;
}

function isId(name: unknown): boolean {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(String(name));
}
