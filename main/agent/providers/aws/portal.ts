import type { SSOClient } from '@aws-sdk/client-sso';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Pace } from '../../async/request-rate.ts';
import type { Network } from '../../network/network.ts';
import { boundedPages } from '../bounded-pages.ts';
import { awsClientSettings } from './clients.ts';
import type { AwsParts, AwsRole } from './profiles.ts';
import type { AwsSession } from './sessions.ts';
import type { SsoTokens, TokenName } from './sso-tokens.ts';

/** IAM Identity Center for a signed-in user. All methods reject with the SDK's errors, for `awsError`. */
export interface AwsPortal {
  /**
   * Returns the session's access token, renewed if possible. Rejects with a `TokenProviderError` if the session has
   * expired.
   */
  token(session: AwsSession): Promise<string>;
  /** See `SsoTokens.identity`. */
  identity(session: AwsSession): Promise<string | undefined>;
  /** See `SsoTokens.name`. */
  tokenName(session: AwsSession): Promise<TokenName | undefined>;
  /** Lists the accounts in which the user has a role. */
  accounts(
    session: AwsSession,
    signal: AbortSignal,
  ): Promise<readonly { readonly id: string; readonly name: string | undefined }[]>;
  /** Lists the names of the roles in an account. */
  roles(session: AwsSession, account: string, signal: AbortSignal): Promise<readonly string[]>;
  credentials(role: AwsRole): Promise<AwsCredentialIdentity>;
  /** Ends the session at Identity Center. */
  signOut(session: AwsSession, accessToken: string): Promise<void>;
}

export function createAwsPortal(
  options: AwsParts & { readonly network: Network; readonly pace: Pace; readonly tokens: SsoTokens },
): AwsPortal {
  const clients = new Map<string, Promise<SSOClient>>();
  const create = async (region: string): Promise<SSOClient> => {
    const { SSOClient } = await import('@aws-sdk/client-sso');
    return new SSOClient({
      ...(await awsClientSettings({ ...options, principal: undefined, service: 'SSO' })),
      region,
    });
  };
  const clientOf = ({ region }: AwsSession): Promise<SSOClient> => {
    const client = clients.get(region) ?? create(region);
    clients.set(region, client);
    return client;
  };

  const token = options.tokens.get;

  return {
    token,
    identity: options.tokens.identity,
    tokenName: options.tokens.name,
    async accounts(session, signal) {
      const { paginateListAccounts } = await import('@aws-sdk/client-sso');
      const pages = paginateListAccounts(
        { client: await clientOf(session), pageSize: 100 },
        { accessToken: await token(session) },
        { abortSignal: signal },
      );
      const accounts: { id: string; name: string | undefined }[] = [];
      for await (const { accountList = [] } of boundedPages(pages, {
        list: 'The list of AWS accounts (sso:ListAccounts)',
        next: ({ nextToken }) => nextToken,
      })) {
        for (const { accountId: id, accountName: name } of accountList)
          if (id !== undefined) accounts.push({ id, name });
      }
      return accounts;
    },
    async roles(session, accountId, signal) {
      const { paginateListAccountRoles } = await import('@aws-sdk/client-sso');
      const pages = paginateListAccountRoles(
        { client: await clientOf(session), pageSize: 100 },
        { accessToken: await token(session), accountId },
        { abortSignal: signal },
      );
      const names: string[] = [];
      for await (const { roleList = [] } of boundedPages(pages, {
        list: `The list of roles in AWS account ${accountId} (sso:ListAccountRoles)`,
        next: ({ nextToken }) => nextToken,
      }))
        names.push(...roleList.flatMap((one) => one.roleName ?? []));
      return names;
    },
    async credentials({ session, account, name }) {
      const { GetRoleCredentialsCommand } = await import('@aws-sdk/client-sso');
      const client = await clientOf(session);
      const { roleCredentials = {} } = await client.send(
        new GetRoleCredentialsCommand({
          accessToken: await token(session),
          accountId: account,
          roleName: name,
        }),
      );
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = roleCredentials;
      if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
        throw new Error('GetRoleCredentials gave no credentials');
      }
      return {
        accessKeyId,
        secretAccessKey,
        sessionToken,
        accountId: account,
        ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
      };
    },
    async signOut(session, accessToken) {
      const { LogoutCommand } = await import('@aws-sdk/client-sso');
      await (await clientOf(session)).send(new LogoutCommand({ accessToken }));
    },
  };
}
