import type { AwsCredentialIdentity } from '@smithy/types';
import { AppError } from '../../../model/app-error.ts';
import { awsLoginVariables } from '../../callers/identity-variables.ts';
import type { Environment } from '../../parts.ts';
import type { AwsPrincipal } from './profiles.ts';
import { webIdentityCredentials } from './web-identity.ts';

/** Represents the credentials in environment variables. No profile can have this name. */
export const environmentProfile = '';

/**
 * Returns the principal of the credentials in environment variables; undefined if there are none. `aws-vault exec` and
 * the like set them, in pods the cluster does.
 */
export function environmentPrincipal(env: Environment): AwsPrincipal | undefined {
  if (!awsLoginVariables.some((name) => (env[name] ?? '') !== '')) return undefined;
  const { AWS_ACCESS_KEY_ID: key = '', AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile = '', AWS_ACCOUNT_ID } = env;
  const isRole = key === '' && tokenFile !== '';
  return {
    way: { kind: 'profile', name: environmentProfile },
    title: 'The AWS environment',
    key: environmentProfile,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined,
    endpoint: undefined,
    account: AWS_ACCOUNT_ID || (isRole ? accountIn(env.AWS_ROLE_ARN) : undefined),
    role: undefined,
    tokenFile: isRole ? tokenFile : undefined,
    login: { kind: 'other' },
  };
}

/**
 * Returns the credentials of environment variables, in the order of the AWS command line. All are passed to the SDK: it
 * would read those of this process, which may be another shell's. Rejects with the SDK's own error, `bad-input` if half of
 * a pair is missing, or `file-unreadable`.
 */
export async function environmentCredentials(options: {
  readonly env: Environment;
  readonly clientConfig: object;
}): Promise<AwsCredentialIdentity> {
  const { env, clientConfig } = options;
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = env;
  if (AWS_ACCESS_KEY_ID !== '' && AWS_SECRET_ACCESS_KEY !== '') {
    const expiration = new Date(env.AWS_CREDENTIAL_EXPIRATION ?? '');
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN === '' ? {} : { sessionToken: AWS_SESSION_TOKEN }),
      ...(Number.isNaN(expiration.getTime()) ? {} : { expiration }),
    };
  }
  if (AWS_ACCESS_KEY_ID !== '')
    throw new AppError('bad-input', 'AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY.', {
      hint: 'Set AWS_SECRET_ACCESS_KEY too, or unset AWS_ACCESS_KEY_ID.',
    });
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file = '', AWS_ROLE_ARN: role = '', AWS_ROLE_SESSION_NAME } = env;
  if (file !== '' && role === '')
    throw new AppError('bad-input', 'AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN.', {
      hint: 'Set AWS_ROLE_ARN too, or unset AWS_WEB_IDENTITY_TOKEN_FILE.',
    });
  const origin = 'AWS_WEB_IDENTITY_TOKEN_FILE';
  if (file !== '')
    return webIdentityCredentials({ file, role, sessionName: AWS_ROLE_SESSION_NAME, origin, clientConfig });
  const { fromHttp } = await import('@aws-sdk/credential-providers');
  return fromHttp({
    awsContainerCredentialsFullUri: env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '',
    awsContainerCredentialsRelativeUri: env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI ?? '',
    awsContainerAuthorizationToken: env.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '',
    awsContainerAuthorizationTokenFile: env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE ?? '',
  })();
}

/** Returns whether a principal is that of environment variables. */
export function isEnvironment({ way }: Pick<AwsPrincipal, 'way'>): boolean {
  return way.kind === 'profile' && way.name === environmentProfile;
}

/** Returns the account in an ARN; undefined if it names none. */
export function accountIn(arn = ''): string | undefined {
  return arn.split(':')[4] || undefined;
}
