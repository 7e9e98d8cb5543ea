import type { EKSClient } from '@aws-sdk/client-eks';
import type { AwsCredentialIdentity } from '@smithy/types';
import { once } from '../../async/once.ts';
import type { AwsLogin } from './accounts.ts';
import type { Aws } from './aws.ts';
import { awsClientSettings } from './clients.ts';
import type { AwsPrincipal } from './profiles.ts';
import { createSigner } from './signer.ts';

/**
 * Returns the client of a login in a region; creates it when it is first needed. Rejects if the login has no
 * credentials.
 */
export type EksClients = (login: AwsLogin, region: string) => Promise<EKSClient>;

interface Made {
  readonly accessKeyId: string;
  readonly byRegion: Map<string, Promise<EKSClient>>;
}

/** Loads the SDK when it is first needed. In Node even a repeated import takes time. */
export const loadEks = once(() => import('@aws-sdk/client-eks'));

/**
 * Middlewares that are useless here: they log nothing, check for AWS Lambda, and measure a missing body at each call.
 */
const idle = ['loggerMiddleware', 'recursionDetectionMiddleware', 'contentLengthMiddleware'];

/** Caches clients across runs, as long as a login has the same credentials. */
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
    // Each client parses the configuration file once per setting. The result is the same in every region, so the
    // clients of one profile share it: with 340 clients parsing takes most of the time of a run.
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
    // Use a plain object: the SDK copies the configuration at each call, and an object from its own constructor takes
    // seven times longer.
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
