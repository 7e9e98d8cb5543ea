import { createHash } from 'node:crypto';
import path from 'node:path';
import type { AwsCredentialIdentity } from '@smithy/types';
import { AppError } from '../../../model/app-error.ts';
import { createExpiring } from '../../async/expiring.ts';
import type { Pace } from '../../async/request-rate.ts';
import type { Network } from '../../network/network.ts';
import type { Clock } from '../../parts.ts';
import { fileStamp } from '../../storage/file-stamp.ts';
import { awsClientSettings } from './clients.ts';
import { processCredentials } from './credential-process.ts';
import { environmentCredentials, isEnvironment } from './environment.ts';
import { type AwsMfaSessions, mfaNeeded, mfaSerialOf, mfaSession, mfaStamp } from './mfa.ts';
import type { AwsPortal } from './portal.ts';
import { type AwsParts, type AwsPrincipal, anyRegion, awsFiles } from './profiles.ts';
import { awsRequestHandler } from './request-handler.ts';
import type { AwsChain } from './role-chain.ts';
import { webIdentityCredentials } from './web-identity.ts';

/** The credentials of every way into AWS, kept only in memory. */
export interface AwsCredentials {
  /**
   * Returns cached credentials while they are valid and the same user is signed in, else new ones, refreshed by the SDK
   * if possible. Concurrent callers share one request or process, which ends when the signals of all have aborted.
   * Rejects with the SDK's own error, which `awsError` understands, or an `AppError`.
   */
  get(principal: AwsPrincipal, signal?: AbortSignal): Promise<AwsCredentialIdentity>;
  /** Identifies the user of `get` without a secret: changes as soon as another user signs in, or the user signs out. */
  identity(principal: AwsPrincipal): Promise<string>;
  /** Drops credentials that AWS rejected: the next call gets new ones. */
  forget(principal: AwsPrincipal): void;
  /** Returns the keys of the user whose MFA device a profile asks for. Rejects as `get`. */
  beforeMfa(principal: AwsPrincipal, signal: AbortSignal): Promise<AwsCredentialIdentity>;
  /** Drops all cached credentials: somebody has signed out. */
  forgetAll(): void;
}

/**
 * How long before expiry credentials are renewed. AWS sets the expiry by its clock: ours may be 10 minutes slow, and a
 * run takes time.
 */
const marginMs = 12 * 60_000;

/**
 * The longest session of a role that is assumed with a session, as that of an MFA code is: AWS refuses to make a longer one
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, DurationSeconds). It is renewed anyway.
 */
const longestSeconds = 3_600;

export function createAwsCredentials(
  options: AwsParts & {
    readonly network: Network;
    readonly clock: Clock;
    readonly portal: AwsPortal;
    readonly mfa: AwsMfaSessions;
    readonly pace: Pace;
  },
): AwsCredentials {
  const { env, clock, network, portal, mfa, pace } = options;
  const held = createExpiring<string, AwsCredentialIdentity>(clock);

  const identity: AwsCredentials['identity'] = async ({ key, login, tokenFile, chain }) => {
    const serial = mfaSerialOf({ chain });
    const kept = [key, ...(serial === undefined ? [] : [mfaStamp(mfa, serial)])];
    if (login.kind === 'sso' && login.signIn !== undefined)
      kept.push((await portal.identity(login.signIn)) ?? 'nobody');
    if (login.kind === 'console') kept.push(await fileStamp(consoleCacheFile(options, login.session)));
    if (tokenFile !== undefined) kept.push(await fileStamp(tokenFile));
    return kept.join(' ');
  };

  const sourceOf = async (
    { source }: AwsChain,
    signal: AbortSignal,
    clientConfig: object,
  ): Promise<AwsCredentialIdentity> => {
    switch (source.kind) {
      case 'process':
        return processCredentials({ process: source, env, signal });
      case 'environment':
        return environmentCredentials({ env, clientConfig });
      case 'role':
        return portal.credentials(source.role);
      case 'keys':
        return source.keys;
      case 'token-file':
        return webIdentityCredentials({ ...source, origin: 'web_identity_token_file', clientConfig });
    }
  };

  const byChain = async (
    principal: AwsPrincipal & { readonly chain: AwsChain },
    signal: AbortSignal,
    clientConfig: object,
  ): Promise<AwsCredentialIdentity> => {
    const { chain, region } = principal;
    const serial = mfaSerialOf(principal);
    const session = serial === undefined ? undefined : mfaSession(mfa, serial, clock);
    // Ask before anything runs.
    if (serial !== undefined && session === undefined) throw mfaNeeded(principal, serial);
    let credentials = session ?? (await sourceOf(chain, signal, clientConfig));
    for (const { role_arn, role_session_name, external_id, duration_seconds, region: own } of chain.roles) {
      const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
      credentials = await fromTemporaryCredentials({
        masterCredentials: credentials,
        params: {
          RoleArn: role_arn,
          RoleSessionName: role_session_name ?? `aws-sdk-js-${clock.now()}`,
          ExternalId: external_id,
          DurationSeconds: Math.min(
            longestSeconds,
            Number.parseInt(duration_seconds ?? '', 10) || longestSeconds,
          ),
        },
        clientConfig: { ...clientConfig, region: own ?? region ?? anyRegion },
      })();
    }
    return credentials;
  };

  const make = async (principal: AwsPrincipal, signal: AbortSignal): Promise<AwsCredentialIdentity> => {
    const { role, way, login, chain, problem } = principal;
    if (problem !== undefined) throw new AppError('aws-failed', problem.message, { hint: problem.hint });
    if (role !== undefined) return portal.credentials(role);
    // Get the token first: the SDK would report an unreachable network as an expired session.
    if (login.kind === 'sso' && login.signIn !== undefined) await portal.token(login.signIn);
    const clientConfig = {
      // The SDK would ask the commercial STS if the profile names no region.
      ...(principal.region === undefined ? {} : { region: principal.region }),
      requestHandler: awsRequestHandler(network, pace),
      maxAttempts: 6,
    };
    if (chain !== undefined || isEnvironment(principal)) {
      // The SDK would take the endpoint from this process's environment.
      const sts = await awsClientSettings({ env, network, principal, service: 'STS', pace });
      const config = { ...sts, ...clientConfig };
      return chain === undefined
        ? environmentCredentials({ env, clientConfig: config })
        : byChain({ ...principal, chain }, signal, config);
    }
    const { fromIni } = await import('@aws-sdk/credential-providers');
    const profile = way.kind === 'profile' ? way.name : '';
    // Do not use the whole chain: a profile that cannot log in must not fall back to the instance's own role.
    return fromIni({ ...awsFiles(options), profile, ignoreCache: true, clientConfig })();
  };

  return {
    identity,
    async get(principal, signal) {
      return held.get(principal.key, {
        from: await identity(principal),
        make: (abandoned) => make(principal, abandoned),
        // Credentials without an expiry are read each time: somebody may have changed the file.
        lifeMs: ({ expiration }) =>
          expiration === undefined ? 0 : expiration.getTime() - marginMs - clock.now(),
        signal,
      });
    },
    forget: ({ key }) => void held.delete(key),
    forgetAll: () => held.clear(),
    async beforeMfa(principal, signal) {
      const { chain } = principal;
      if (chain === undefined) throw new Error('the profile has no chain');
      const sts = await awsClientSettings({ env, network, principal, service: 'STS', pace });
      return sourceOf(chain, signal, sts);
    },
  };
}

/** Returns the session file of `aws login` (`@aws-sdk/credential-provider-login`: `LoginCredentialsFetcher`). */
function consoleCacheFile({ env, home }: AwsParts, session: string): string {
  const folder = env.AWS_LOGIN_CACHE_DIRECTORY || path.join(home, '.aws', 'login', 'cache');
  return path.join(folder, `${createHash('sha256').update(session).digest('hex')}.json`);
}
