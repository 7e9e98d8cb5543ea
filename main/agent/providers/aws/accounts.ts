import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';
import pLimit from 'p-limit';
import type { AppError } from '../../../model/app-error.ts';
import type { AwsWay } from '../../../model/cluster.ts';
import { createExpiring } from '../../async/expiring.ts';
import type { Aws } from './aws.ts';
import { compareProfiles } from './choice.ts';
import { awsClientSettings } from './clients.ts';
import { isEnvironment } from './environment.ts';
import { awsError } from './errors.ts';
import { type AwsPrincipal, anyRegion } from './profiles.ts';
import type { AwsSession } from './sessions.ts';

/** How long a run uses the credentials of a role before it looks again whether somebody else has signed in. */
const heldMs = 1_000;

/** A login for an account. A profile has logged in already; a role of Identity Center logs in when it is needed. */
export interface AwsLogin {
  readonly principal: AwsPrincipal;
  readonly credentials: AwsCredentialIdentity | AwsCredentialIdentityProvider;
}

export interface AwsAccount {
  readonly id: string;
  /** The account's display name, once Identity Center has reported it. */
  name: string | undefined;
  /**
   * The profiles that reach it, then the roles of Identity Center, both best first.
   * More may be added until all have answered.
   */
  readonly logins: AwsLogin[];
}

/** Returns the ways into an account, best first: those that were denied something come last. */
export function waysOf(account: AwsAccount, refused: ReadonlySet<string>): AwsWay[] {
  const principals = account.logins.map(({ principal }) => principal);
  const good = principals.filter(({ key }) => !refused.has(key));
  return [...good, ...principals.filter(({ key }) => refused.has(key))].map(({ way }) => way);
}

/** A profile or session that currently reaches no account. */
export interface AwsFailure {
  /** The name of its cell if it is known to reach no account. */
  readonly account: string;
  /** Returns whether a known way uses this profile or session. */
  reaches(way: AwsWay): boolean;
  readonly error: AppError;
  /** Whether another failure already reports the same. */
  readonly reported: boolean;
}

export interface AwsAccounts {
  /**
   * Logs in all profiles at once, and opens what Identity Center grants. Calls `onAccount` at the first login that
   * reaches an account, so that nothing waits for the slowest. Resolves when all have answered, with those that failed.
   */
  open(options: {
    readonly profiles: readonly AwsPrincipal[];
    readonly sessions: readonly AwsSession[];
    readonly signal: AbortSignal;
    onAccount(account: AwsAccount): void;
  }): Promise<readonly AwsFailure[]>;
  /** Asks AWS which account the credentials belong to. Rejects as `awsError` does. */
  identify(login: AwsLogin, signal: AbortSignal): Promise<string>;
}

/**
 * The limit of concurrent logins. Those that run a program of the user, which may hang, have their own limit and block
 * no others.
 */
const loginsAtOnce = 16;
const programsAtOnce = 16;

export function createAwsAccounts(aws: Aws): AwsAccounts {
  // An access key belongs to one account for its lifetime, so each is looked up only once.
  const accountOfKey = new Map<string, string>();

  const identify: AwsAccounts['identify'] = async ({ principal, credentials }, signal) => {
    const region = principal.region ?? anyRegion;
    try {
      const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
      const settings = await awsClientSettings({ ...aws, principal, service: 'STS' });
      const client = new STSClient({ ...settings, region, credentials });
      const { Account } = await client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
      if (Account === undefined) throw new Error('GetCallerIdentity named no account');
      return Account;
    } catch (error) {
      throw await awsError({ error, principal, action: 'sts:GetCallerIdentity', region });
    }
  };

  return {
    identify,
    async open({ profiles, sessions, signal, onAccount }) {
      const accounts = new Map<string, AwsAccount>();
      const wanted = aws.organisation?.().roles ?? [];
      /** Roles of Identity Center come after the profiles, in its order. */
      const compare = ({ principal: a }: AwsLogin, { principal: b }: AwsLogin) =>
        Number(isEnvironment(b)) - Number(isEnvironment(a)) ||
        (a.way.kind === 'profile' && b.way.kind === 'profile'
          ? compareProfiles(a, b, wanted)
          : Number(a.way.kind === 'sso') - Number(b.way.kind === 'sso'));
      const join = (
        { id, name }: { readonly id: string; readonly name?: string | undefined },
        logins: readonly AwsLogin[],
      ) => {
        const known = accounts.get(id);
        const account = known ?? { id, name, logins: [] };
        account.name = name ?? account.name;
        const has = new Set(account.logins.map(({ principal }) => JSON.stringify(principal.way)));
        account.logins.push(...logins.filter(({ principal }) => !has.has(JSON.stringify(principal.way))));
        account.logins.sort(compare);
        accounts.set(id, account);
        if (known === undefined) onAccount(account);
      };
      const limit = pLimit(loginsAtOnce);
      const limitPrograms = pLimit(programsAtOnce);
      const logIn = async (principal: AwsPrincipal): Promise<AwsFailure | undefined> => {
        try {
          const credentials = await (principal.chain?.source.kind === 'process' ? limitPrograms : limit)(
            () => {
              signal.throwIfAborted();
              return aws.credentials.get(principal, signal);
            },
          );
          const { accessKeyId, accountId } = credentials;
          const login = { principal, credentials };
          const id = accountId ?? accountOfKey.get(accessKeyId) ?? (await identify(login, signal));
          signal.throwIfAborted();
          accountOfKey.set(accessKeyId, id);
          join({ id }, [login]);
          return undefined;
        } catch (error) {
          signal.throwIfAborted();
          aws.credentials.forget(principal);
          const region = principal.region ?? anyRegion;
          const converted = await awsError({ error, principal, action: 'sts:AssumeRole', region });
          return failureOf(principal, converted);
        }
      };
      // Every request asks, and each answer reads the file of the sign-in.
      const held = createExpiring<string, AwsCredentialIdentity>(aws.clock);
      const heldFor = (principal: AwsPrincipal) =>
        held.get(principal.key, { make: () => aws.credentials.get(principal), lifeMs: () => heldMs });
      const openSessions = aws.identityCenter.open({
        sessions,
        profiles,
        signal,
        onAccount(granted, principals) {
          signal.throwIfAborted();
          join(
            granted,
            principals.map((principal) => ({ principal, credentials: () => heldFor(principal) })),
          );
        },
      });
      const [tried, over] = await Promise.all([Promise.all(profiles.map(logIn)), openSessions]);
      const failed = tried.filter((one) => one !== undefined);
      return [
        ...failed,
        ...over.map(({ session, error }) => ({
          account: `session:${session.name}`,
          // Sessions of one portal fail together.
          reaches: (way: AwsWay) =>
            way.kind === 'sso' &&
            sessions.some(({ name, startUrl }) => name === way.session && startUrl === session.startUrl),
          error,
          reported: profiles.some((principal) => speaksOf(principal, session) && isFailed(principal, failed)),
        })),
      ];
    },
  };
}

function failureOf({ way }: AwsPrincipal, error: AppError): AwsFailure {
  const name = way.kind === 'profile' ? way.name : way.session;
  return {
    account: `profile:${name}`,
    reaches: (other) => other.kind === 'profile' && other.name === name,
    error,
    reported: false,
  };
}

function speaksOf({ login }: AwsPrincipal, session: AwsSession): boolean {
  return login.kind === 'sso' && login.session === session.name;
}

function isFailed({ way }: AwsPrincipal, failures: readonly AwsFailure[]): boolean {
  return failures.some(({ reaches }) => reaches(way));
}
