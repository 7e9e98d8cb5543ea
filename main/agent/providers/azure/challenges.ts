/** What Microsoft Entra wants the user to show in the browser before it gives a token. */
export interface Challenge {
  /** The scope of the token, for example that of the AKS server application. */
  readonly scope: string;
  /** The claims challenge, as Entra sent it; empty if it sent none. */
  readonly claims: string;
}

/**
 * The challenges that no session has answered yet, by tenant, in memory. The next login in a tenant passes its challenge
 * on: a login for Azure Resource Manager alone would not satisfy conditional access for another application.
 */
export interface Challenges {
  add(tenant: string, challenge: Challenge): void;
  of(tenant: string): Challenge | undefined;
  /** A login has answered it. */
  remove(tenant: string): void;
}

export function createChallenges(): Challenges {
  const byTenant = new Map<string, Challenge>();
  return {
    add: (tenant, challenge) => void byTenant.set(tenant.toLowerCase(), challenge),
    of: (tenant) => byTenant.get(tenant.toLowerCase()),
    remove: (tenant) => void byTenant.delete(tenant.toLowerCase()),
  };
}
