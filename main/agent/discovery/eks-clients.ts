import type { EKSClient } from '@aws-sdk/client-eks';
import type { Network } from '../network/network.ts';
import type { AwsLogin } from './aws-accounts.ts';
import { type AwsPlaces, awsClientSettings } from './aws-profiles.ts';

/** The client of a login in a region, made when it is first needed. */
export type EksClients = (login: AwsLogin, region: string) => Promise<EKSClient>;

export function createEksClients(places: AwsPlaces & { readonly network: Network }): EksClients {
  const clients = new Map<AwsLogin, Map<string, Promise<EKSClient>>>();
  const create = async (login: AwsLogin, region: string, first?: Promise<EKSClient>): Promise<EKSClient> => {
    const { EKSClient } = await import('@aws-sdk/client-eks');
    const { credentials, profile } = login;
    const settings = await awsClientSettings({ ...places, profile, service: 'EKS' });
    // Each client parses the configuration file once per setting. Those of one profile are alike in every region:
    // with 340 clients that is most of the time of a run.
    const shared = (await first)?.config;
    return new EKSClient({
      ...settings,
      region,
      credentials,
      ...(shared === undefined
        ? {}
        : {
            requestHandler: shared.requestHandler,
            useFipsEndpoint: shared.useFipsEndpoint,
            useDualstackEndpoint: shared.useDualstackEndpoint,
            userAgentAppId: shared.userAgentAppId,
            authSchemePreference: shared.authSchemePreference,
            defaultsMode: shared.defaultsMode,
          }),
    });
  };
  return (login, region) => {
    const ofLogin = clients.get(login) ?? new Map<string, Promise<EKSClient>>();
    clients.set(login, ofLogin);
    const [first] = ofLogin.values();
    const client = ofLogin.get(region) ?? create(login, region, first);
    ofLogin.set(region, client);
    return client;
  };
}
