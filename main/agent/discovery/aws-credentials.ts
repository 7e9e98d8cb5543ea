import type { AwsCredentialIdentity } from '@smithy/types';
import type { Network } from '../network/network.ts';
import type { Clock } from '../parts.ts';
import type { AwsPortal } from './aws-portal.ts';
import { type AwsLoginPlace, type AwsPlaces, awsFiles, environmentProfile } from './aws-profiles.ts';
import { awsRequestHandler } from './aws-request-handler.ts';
import type { Pace } from './pace.ts';

/** The credentials of every way into AWS, kept in memory alone. */
export interface AwsCredentials {
  /**
   * Those at hand while they hold, else new ones, refreshed by the SDK where it can; callers at the same time share
   * one request. Rejects with the SDK's own error, which `awsError` understands.
   */
  get(place: AwsLoginPlace): Promise<AwsCredentialIdentity>;
  /** AWS did not accept them: the next call gets new ones. */
  forget(place: AwsLoginPlace): void;
  /** Somebody has signed out: nothing that was held counts any more. */
  forgetAll(): void;
}

/** Renewed this long before their end, which is told by AWS's clock: ours may be 10 minutes slow, and a run takes time. */
const marginMs = 12 * 60_000;

export function createAwsCredentials(
  options: AwsPlaces & {
    readonly network: Network;
    readonly clock: Clock;
    readonly portal: AwsPortal;
    readonly pace: Pace;
  },
): AwsCredentials {
  const { clock, network, portal, pace } = options;
  const held = new Map<string, { readonly work: Promise<AwsCredentialIdentity>; until: number }>();

  const make = async ({ role, way, login }: AwsLoginPlace): Promise<AwsCredentialIdentity> => {
    if (role !== undefined) return portal.credentials(role);
    // The SDK would take a network that is away for a sign-in that is over.
    if (login.kind === 'sso' && login.signIn !== undefined) await portal.token(login.signIn);
    const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
    const clientConfig = { requestHandler: awsRequestHandler(network, pace), maxAttempts: 6 };
    if (way.kind === 'profile' && way.name === environmentProfile)
      return fromNodeProviderChain({ clientConfig })();
    const profile = way.kind === 'profile' ? way.name : '';
    // Not the whole chain: a profile that cannot log in must not end in the instance's own role.
    return fromIni({ ...awsFiles(options), profile, ignoreCache: true, clientConfig })();
  };

  return {
    get(place) {
      const known = held.get(place.key);
      if (known !== undefined && known.until > clock.now()) return known.work;
      const entry = { work: make(place), until: Number.POSITIVE_INFINITY };
      held.set(place.key, entry);
      const drop = () => {
        if (held.get(place.key) === entry) held.delete(place.key);
      };
      entry.work.then(({ expiration }) => {
        // Those without an end are read again each time: somebody may have changed the file.
        if (expiration === undefined) drop();
        else entry.until = expiration.getTime() - marginMs;
      }, drop);
      return entry.work;
    },
    forget: ({ key }) => void held.delete(key),
    forgetAll: () => held.clear(),
  };
}
