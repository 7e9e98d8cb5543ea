import { choicesIn } from '../../../model/identity-choice.ts';
import type { Provider, ProviderParts } from '../provider.ts';
import { gkeCredentials } from './credential.ts';
import { gcloudFindings } from './gcloud-account.ts';
import { createGkeAccountsSource } from './gke-accounts.ts';
import { createGcpLogin } from './login.ts';

/** GKE clusters in all projects that the Google accounts of this computer see. */
export function gcpProvider(shared: ProviderParts): Provider {
  const { env, home, network, clock, organisation, settings } = shared;
  const sessionFile = shared.openSessionFile({
    name: 'google-sign-in.json',
    title: 'Google Cloud',
    login: 'login gcp',
  });
  const parts = { env, home, network, clock, ownFile: sessionFile };
  const chosen = () => choicesIn(settings().gcpAccounts);
  return {
    source: () =>
      createGkeAccountsSource({
        ...parts,
        chosen: chosen(),
        projects: organisation()?.sources?.gke?.projects,
        mayBeDirect: organisation()?.connectors.includes('direct'),
      }),
    login: createGcpLogin({ parts, client: () => organisation()?.sources?.gke?.oauthClient }),
    credential: gkeCredentials({ ...parts, chosen }),
    sessionFile,
    findings: () => gcloudFindings(parts),
  };
}
