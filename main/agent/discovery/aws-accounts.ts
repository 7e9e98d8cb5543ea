import type { AwsCredentialIdentity } from '@smithy/types';
import pLimit from 'p-limit';
import type { AppError } from '../app-error.ts';
import type { Network } from '../network/network.ts';
import { awsError } from './aws-errors.ts';
import { type AwsPlaces, type AwsProfile, awsClientSettings, awsCredentials } from './aws-profiles.ts';

/** A profile that has logged in. */
export interface AwsLogin {
  readonly profile: AwsProfile;
  readonly credentials: AwsCredentialIdentity;
}

export interface AwsAccount {
  readonly id: string;
  /** The profiles that reach it, in the order of the AWS configuration. More may join until all have answered. */
  readonly logins: AwsLogin[];
}

/** The names of the profiles that reach an account, best first: those that were refused something come last. */
export function profilesOf(account: AwsAccount, refused: ReadonlySet<string>): string[] {
  const names = account.logins.map(({ profile }) => profile.name);
  return [...names.filter((name) => !refused.has(name)), ...names.filter((name) => refused.has(name))];
}

export interface AwsAccounts {
  /**
   * Logs all profiles in at once. `onAccount` is called at the first that reaches an account, so that nobody waits
   * for the slowest; the promise resolves when all are in, with those that failed.
   */
  open(options: {
    readonly profiles: readonly AwsProfile[];
    readonly signal: AbortSignal;
    onAccount(account: AwsAccount): void;
  }): Promise<readonly { readonly profile: AwsProfile; readonly error: AppError }[]>;
  /** Asks AWS whose the credentials are. Rejects as `awsError` says. */
  identify(login: AwsLogin, signal: AbortSignal): Promise<string>;
}

/** Where STS is asked when a profile names no region: any region answers alike. */
const anyRegion = 'us-east-1';

/** Logins at once: the portal of Identity Center answers about 20 a second in all. */
const loginsAtOnce = 16;

export function createAwsAccounts(options: AwsPlaces & { readonly network: Network }): AwsAccounts {
  // An access key belongs to one account for all its life, so each is asked about only once.
  const accountOfKey = new Map<string, string>();

  const identify: AwsAccounts['identify'] = async ({ profile, credentials }, signal) => {
    const region = profile.region ?? anyRegion;
    try {
      const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
      const settings = await awsClientSettings({ ...options, profile, service: 'STS' });
      const client = new STSClient({ ...settings, region, credentials });
      const { Account } = await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
      if (Account === undefined) throw new Error('GetCallerIdentity named no account');
      return Account;
    } catch (error) {
      throw await awsError({ error, profile, action: 'sts:GetCallerIdentity', region });
    }
  };

  const logIn = async (profile: AwsProfile): Promise<AwsLogin> => {
    try {
      return { profile, credentials: await awsCredentials({ ...options, profile: profile.name }) };
    } catch (error) {
      const region = profile.region ?? anyRegion;
      throw await awsError({ error, profile, action: 'sts:AssumeRole', region });
    }
  };

  return {
    identify,
    async open({ profiles, signal, onAccount }) {
      const accounts = new Map<string, AwsAccount>();
      const limit = pLimit(loginsAtOnce);
      const failures = await Promise.all(
        profiles.map(async (profile) => {
          try {
            const login = await limit(() => logIn(profile));
            const { accessKeyId, accountId } = login.credentials;
            const id = accountId ?? accountOfKey.get(accessKeyId) ?? (await identify(login, signal));
            signal.throwIfAborted();
            accountOfKey.set(accessKeyId, id);
            const known = accounts.get(id);
            if (known !== undefined) {
              known.logins.push(login);
              known.logins.sort((a, b) => profiles.indexOf(a.profile) - profiles.indexOf(b.profile));
              return [];
            }
            const account = { id, logins: [login] };
            accounts.set(id, account);
            onAccount(account);
            return [];
          } catch (error) {
            signal.throwIfAborted();
            return [
              {
                profile,
                error: await awsError({ error, profile, action: 'sts:AssumeRole', region: anyRegion }),
              },
            ];
          }
        }),
      );
      return failures.flat();
    },
  };
}
