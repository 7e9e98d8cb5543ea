import type { Provider, ProviderParts } from '../provider.ts';
import { createAksSource } from './aks.ts';
import { createChallenges } from './challenges.ts';
import { aksCredentials } from './credential.ts';
import { createAzureLogin } from './login.ts';

/** AKS clusters in all subscriptions of the tenants that the user is signed in to. */
export function azureProvider(shared: ProviderParts): Provider {
  const { env, home, network, clock, organisation } = shared;
  const sessionFile = shared.openSessionFile({
    name: 'azure-sign-in.json',
    title: 'Azure',
    login: 'login azure',
  });
  const parts = { env, home, network, ownFile: sessionFile, challenges: createChallenges() };
  const tenants = () => organisation()?.sources?.aks?.tenants;
  return {
    source: () => createAksSource({ ...parts, clock, tenants: tenants() }),
    login: createAzureLogin({ parts, tenants: () => tenants() ?? [] }),
    credential: aksCredentials(parts),
    sessionFile,
  };
}
