import path from 'node:path';
import { createPace } from '../../async/request-rate.ts';
import type { Network } from '../../network/network.ts';
import type { Clock, Logger } from '../../parts.ts';
import { type AwsCredentials, createAwsCredentials } from './identities.ts';
import { createIdentityCenter, type IdentityCenter } from './identity-center.ts';
import { type AwsMemory, createAwsMemory } from './memory.ts';
import type { AwsMfaSessions } from './mfa.ts';
import { type AwsPortal, createAwsPortal } from './portal.ts';
import { type AwsConfiguration, type AwsParts, awsConfiguration, awsConfigurationStamp } from './profiles.ts';
import { portalRate } from './request-handler.ts';
import { createSsoCache, type SsoCache } from './sso-cache.ts';
import { createSsoTokens } from './sso-tokens.ts';

/** The access to AWS: one for the whole agent, so that all callers share credentials, memory and rate limit. */
export interface Aws extends AwsParts {
  readonly network: Network;
  readonly clock: Clock;
  /** Returns `awsConfiguration`, read again if one of its files has changed: kubectl waits for it. */
  configuration(): Promise<AwsConfiguration>;
  readonly credentials: AwsCredentials;
  readonly identityCenter: IdentityCenter;
  readonly portal: AwsPortal;
  readonly ssoCache: SsoCache;
  readonly memory: AwsMemory;
  readonly mfa: AwsMfaSessions;
}

/** `folder` holds our own files; without one nothing is written. Sends no request yet. */
export function createAws(
  options: AwsParts & {
    readonly network: Network;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly folder: string | undefined;
    /** The sessions of MFA devices, which serve every caller. */
    readonly mfa?: AwsMfaSessions;
  },
): Aws {
  const { env, home, organisation, network, clock, logger, folder, mfa = new Map() } = options;
  const pace = createPace({ clock, ...portalRate });
  const shared = { env, home, organisation, network, clock, pace };
  const ssoCache = createSsoCache({ home, clock });
  const portal = createAwsPortal({ ...shared, tokens: createSsoTokens({ ...shared, cache: ssoCache }) });
  let read: { readonly stamp: string; readonly configuration: Promise<AwsConfiguration> } | undefined;
  const file = folder === undefined ? undefined : path.join(folder, 'aws.json');
  const memory = createAwsMemory({ file, logger });
  return {
    env,
    home,
    organisation,
    network,
    clock,
    memory,
    mfa,
    portal,
    ssoCache,
    async configuration() {
      const stamp = await awsConfigurationStamp(shared);
      if (read?.stamp !== stamp) read = { stamp, configuration: awsConfiguration(shared) };
      return read.configuration;
    },
    credentials: createAwsCredentials({ ...shared, portal, mfa }),
    identityCenter: createIdentityCenter({
      portal,
      memory,
      clock,
      roles: () => organisation?.().roles ?? [],
    }),
  };
}
