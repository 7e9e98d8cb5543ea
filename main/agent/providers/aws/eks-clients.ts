import type { EKSClient } from '@aws-sdk/client-eks';
import type { AwsCredentialIdentity } from '@smithy/types';
import { once } from '../../async/once.ts';
import type { AwsLogin } from './accounts.ts';
import type { Aws } from './aws.ts';
import { awsClientSettings } from './clients.ts';
import type { AwsPrincipal } from './profiles.ts';
import { createSigner } from './signer.ts';

/** The client of a login in a region, made when it is first needed. Rejects where the login gives no credentials. */
export type EksClients = (login: AwsLogin, region: string) => Promise<EKSClient>;

interface Made {
  readonly accessKeyId: string;
  readonly byRegion: Map<string, Promise<EKSClient>>;
}

/** The SDK, loaded when it is first needed. Node takes its time over an import, also of what is there already. */
export const loadEks = once(() => import('@aws-sdk/client-eks'));

/** What does nothing for us at each call: logs nowhere, looks whether this is a Lambda, measures a body that is not there. */
const idle = ['loggerMiddleware', 'recursionDetectionMiddleware', 'contentLengthMiddleware'];

/** They are kept from run to run, while a login gives the same credentials. */
export function createEksClients(aws: Aws): EksClients {
  const clients = new Map<string, Made>();
  const create = async (options: {
    readonly principal: AwsPrincipal;
    readonly credentials: AwsCredentialIdentity;
    readonly region: string;
    readonly first: Promise<EKSClient> | undefined;
  }): Promise<EKSClient> => {
    const { principal, credentials, region, first } = options;
    const { EKSClient } = await loadEks();
    const settings = await awsClientSettings({ ...aws, principal, service: 'EKS' });
    // Each client parses the configuration file once per setting. Those of one profile are alike in every region:
    // with 340 clients that is most of the time of a run.
    const shared = (await first)?.config;
    const signer = createSigner({ credentials, region, service: 'eks' });
    const client = new EKSClient({
      ...settings,
      region,
      credentials,
      signer: async () => signer,
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
    for (const name of idle) client.middlewareStack.remove(name);
    // A plain object: the SDK copies it at each call, an object as its own constructor leaves it seven times slower.
    return Object.assign(client, { config: { ...client.config } });
  };
  return async ({ principal, credentials: source }, region) => {
    const credentials = typeof source === 'function' ? await source() : source;
    const { accessKeyId } = credentials;
    const known = clients.get(principal.key);
    const made = known?.accessKeyId === accessKeyId ? known : { accessKeyId, byRegion: new Map() };
    clients.set(principal.key, made);
    const [first] = made.byRegion.values();
    const client = made.byRegion.get(region) ?? create({ principal, credentials, region, first });
    made.byRegion.set(region, client);
    return client;
  };
}
