import { createHash } from 'node:crypto';
import type { SSOClient } from '@aws-sdk/client-sso';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Network } from '../network/network.ts';
import { awsClientSettings } from './aws-clients.ts';
import type { AwsPlaces, AwsRole, AwsSession } from './aws-profiles.ts';
import type { Pace } from './pace.ts';

/** IAM Identity Center as a person who has signed in sees it. All reject with the SDK's errors, for `awsError`. */
export interface AwsPortal {
  /** The access token of the sign-in, renewed where it can be. Rejects with a `TokenProviderError` when it is over. */
  token(session: AwsSession): Promise<string>;
  /** The ids of the accounts in which the person has a role. */
  accounts(session: AwsSession, signal: AbortSignal): Promise<readonly string[]>;
  /** The names of the roles in an account. */
  roles(session: AwsSession, account: string, signal: AbortSignal): Promise<readonly string[]>;
  credentials(role: AwsRole): Promise<AwsCredentialIdentity>;
}

export function createAwsPortal(
  options: AwsPlaces & { readonly network: Network; readonly pace: Pace },
): AwsPortal {
  const clients = new Map<string, Promise<SSOClient>>();
  const create = async (region: string): Promise<SSOClient> => {
    const { SSOClient } = await import('@aws-sdk/client-sso');
    return new SSOClient({
      ...(await awsClientSettings({ ...options, place: undefined, service: 'SSO' })),
      region,
    });
  };
  const clientOf = ({ region }: AwsSession): Promise<SSOClient> => {
    const client = clients.get(region) ?? create(region);
    clients.set(region, client);
    return client;
  };

  const token = async (session: AwsSession): Promise<string> => {
    const loader = await import('@smithy/shared-ini-file-loader');
    if (!session.named) {
      const { accessToken, expiresAt } = await loader.getSSOTokenFromFile(session.name).catch(notSignedIn);
      return Date.parse(expiresAt) > Date.now() ? accessToken : notSignedIn();
    }
    // The SDK renews the token of a profile only, and a session may have none: it gets a configuration of its own.
    const { fromSso } = await import('@aws-sdk/token-providers');
    const text = [
      `[sso-session ${session.name}]`,
      `sso_start_url = ${session.startUrl}`,
      `sso_region = ${session.region}`,
      '[profile session]',
      `sso_session = ${session.name}`,
    ].join('\n');
    const configFilepath = `k8s-tunnels:${createHash('sha256').update(text).digest('hex')}`;
    loader.externalDataInterceptor.interceptFile(configFilepath, text);
    const clientConfig = await awsClientSettings({ ...options, place: undefined, service: 'SSO_OIDC' });
    const place = { configFilepath, filepath: configFilepath, profile: 'session' };
    return (await fromSso({ ...place, clientConfig })()).token;
  };

  return {
    token,
    async accounts(session, signal) {
      const { paginateListAccounts } = await import('@aws-sdk/client-sso');
      const pages = paginateListAccounts(
        { client: await clientOf(session), pageSize: 100 },
        { accessToken: await token(session) },
        { abortSignal: signal },
      );
      const ids: string[] = [];
      for await (const { accountList = [] } of pages)
        ids.push(...accountList.flatMap((one) => one.accountId ?? []));
      return ids;
    },
    async roles(session, accountId, signal) {
      const { paginateListAccountRoles } = await import('@aws-sdk/client-sso');
      const pages = paginateListAccountRoles(
        { client: await clientOf(session), pageSize: 100 },
        { accessToken: await token(session), accountId },
        { abortSignal: signal },
      );
      const names: string[] = [];
      for await (const { roleList = [] } of pages)
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
  };
}

function notSignedIn(): never {
  throw Object.assign(new Error('There is no sign-in that still holds.'), { name: 'TokenProviderError' });
}
