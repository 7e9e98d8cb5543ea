import type { Provider, ProviderParts } from '../provider.ts';
import { createAksSource } from './aks.ts';
import { aksCredentials } from './credential.ts';
import { createAzureLogin } from './login.ts';

/** AKS clusters in all subscriptions of the tenants that the user is signed in to. */
export function azureProvider(parts: ProviderParts): Provider {
  const { env, home, network, clock, organisation } = parts;
  const sessionFile = parts.openSessionFile({
    name: 'azure-sign-in.json',
    title: 'Azure',
    login: 'login azure',
  });
  const places = { env, home, network, ownFile: sessionFile };
  const tenants = () => organisation()?.sources?.aks?.tenants;
  return {
    source: () => createAksSource({ ...places, clock, tenants: tenants() }),
    login: createAzureLogin({ places, tenants: () => tenants() ?? [] }),
    credential: aksCredentials(places),
    sessionFile,
  };
}
