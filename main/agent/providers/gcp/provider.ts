import type { Provider, ProviderParts } from '../provider.ts';
import { gkeCredentials } from './credential.ts';
import { gcloudFindings } from './gcloud-account.ts';
import { createGkeSource } from './gke.ts';
import { createGcpSignIn } from './login.ts';

/** GKE clusters in all projects that the application-default credentials see. */
export function gcpProvider(parts: ProviderParts): Provider {
  const { env, home, network, clock, organisation } = parts;
  const sessionFile = parts.openSessionFile({
    name: 'google-sign-in.json',
    title: 'Google Cloud',
    login: 'login gcp',
  });
  const places = { env, home, network, clock, ownFile: sessionFile };
  return {
    source: () => createGkeSource({ ...places, projects: organisation()?.sources?.gke?.projects }),
    login: createGcpSignIn({ places, client: () => organisation()?.sources?.gke?.oauthClient }),
    credential: gkeCredentials(places),
    sessionFile,
    findings: () => gcloudFindings(places),
  };
}
