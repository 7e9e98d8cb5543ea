/** Where a person can sign in by `k8s-tunnels login`. No schema: the command line has them too. */
export const loginProviders = ['access', 'aws', 'gcp', 'azure', 'vault', 'oidc'] as const;
export type LoginProviderKind = (typeof loginProviders)[number];
