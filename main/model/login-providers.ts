/** Providers of `k8s-tunnels login`. Not a schema, because the command line uses it too. */
export const loginProviders = ['access', 'aws', 'gcp', 'azure', 'vault', 'oidc'] as const;
export type LoginProviderKind = (typeof loginProviders)[number];
