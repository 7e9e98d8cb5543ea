import { AppError, errnoOf } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import { networkError } from '../../network/network-error.ts';
import { environmentProfile } from './environment.ts';
import type { AwsPrincipal } from './profiles.ts';
import { noAnswer } from './request-handler.ts';
import { isNoSignIn } from './sso-tokens.ts';

const expired = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenProviderError',
  // The answer of Identity Center's portal to a revoked session.
  'UnauthorizedException',
]);
const denied = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
/** EKS's errors for unknown keys: bad ones, or good ones in a region that is not enabled. */
const unrecognized = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);
const throttled = new Set(['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'SlowDown']);

export function isUnrecognizedClient(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnrecognizedClientException';
}

/** Returns whether Identity Center's portal no longer grants a role. */
export function isRoleGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'ForbiddenException';
}

/**
 * Returns the type of the policy that denies a call explicitly, as AWS names it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
 */
export function denyingPolicy(error: unknown): string | undefined {
  const text = error instanceof Error && denied.has(error.name) ? error.message : '';
  return /with an explicit deny in an? ([a-zA-Z -]{1,40} policy|permissions boundary)/.exec(text)?.[1];
}

type Principal = Pick<AwsPrincipal, 'title' | 'way' | 'login'> & Partial<Pick<AwsPrincipal, 'region'>>;

/** Converts any error of the AWS SDK. Omits the SDK's own text, which may quote a `credential_process`. */
export async function awsError(options: {
  readonly error: unknown;
  readonly principal: Principal;
  /** The action as a policy names it, for example `eks:ListClusters`. */
  readonly action: string;
  readonly region: string;
}): Promise<AppError> {
  const { error: cause, principal, action, region } = options;
  if (cause instanceof AppError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const who = principal.title;
  if (name === 'AbortError') return new AppError('cancelled', 'Discovery was cancelled.', { cause });
  if (throttled.has(name)) {
    return new AppError(
      'aws-throttled',
      `AWS throttles ${action} in ${region}, even after several attempts.`,
      {
        hint: 'Try again in a minute.',
        retryable: true,
        cause,
      },
    );
  }
  if (isRoleGone(cause)) {
    return new AppError(
      'aws-denied',
      `You no longer have access to ${lowerFirst(who)} in IAM Identity Center.`,
      {
        hint: 'Ask an AWS administrator to assign it to you in IAM Identity Center.',
        cause,
      },
    );
  }
  if (denied.has(name)) {
    const policy = denyingPolicy(cause);
    return new AppError('aws-denied', `${who} may not call ${action} in ${region}.`, {
      hint:
        policy === undefined
          ? `Ask an AWS administrator for a policy that allows ${action}.`
          : `A ${policy} denies it, so that no other policy can allow it: ask an AWS administrator.`,
      cause,
    });
  }
  const errno = name === 'CredentialsProviderError' ? errnoIn(cause) : undefined;
  if (errno !== undefined) {
    const met = Object.assign(new Error(errno, { cause }), { code: errno });
    return networkError({ host: `AWS in ${region}` }, met);
  }
  const session =
    expired.has(name) || name === 'CredentialsProviderError' ? await sessionOf(principal, cause) : 'holds';
  if (expired.has(name) || session !== 'holds') {
    const message =
      session === 'none' && principal.login.kind === 'sso'
        ? `You are not signed in to AWS (${principal.login.session})${principal.way.kind === 'profile' ? `, which ${lowerFirst(who)} needs` : ''}.`
        : `The session of ${lowerFirst(who)} has expired.`;
    return new AppError('aws-session-expired', message, {
      hint: loginHint(principal),
      cause,
      signIn:
        principal.login.kind === 'sso' ? { provider: 'aws', session: principal.login.session } : undefined,
    });
  }
  if (name === 'CredentialsProviderError') {
    return new AppError('aws-failed', `${who} gives no credentials.`, {
      hint: credentialHint(principal),
      cause,
    });
  }
  if (unrecognized.has(name)) {
    return new AppError('aws-failed', `AWS does not know the access keys of ${lowerFirst(who)}.`, {
      hint: `They may have been deleted, deactivated or mistyped: log in again or replace them.${partitionHint(principal)}`,
      cause,
    });
  }
  const refusal = refusalOf(name, who, region);
  if (refusal !== undefined)
    return new AppError('aws-failed', refusal.message, { hint: refusal.hint, cause });
  if (name === noAnswer || (name === 'TimeoutError' && errnoOf(cause) === undefined)) {
    return new AppError('timeout', `AWS did not answer ${action} in ${region}.`, {
      hint: 'Check your network connection.',
      retryable: true,
      cause,
    });
  }
  if (errnoOf(cause) !== undefined) return networkError({ host: `AWS in ${region}` }, cause);
  return new AppError('aws-failed', `AWS failed to answer ${action} in ${region} (${name}).`, {
    hint: 'Try again; if the error persists, see the AWS health dashboard.',
    retryable: true,
    cause,
  });
}

/** Without a region, the keys were shown to the commercial partition, which knows none of another one. */
function partitionHint({ way, region }: Principal): string {
  if (region !== undefined || way.kind !== 'profile') return '';
  return way.name === environmentProfile
    ? ' If they are of AWS GovCloud or AWS in China, set AWS_REGION to a region there.'
    : ` If they are of AWS GovCloud or AWS in China, give profile ${way.name} a region there.`;
}

/**
 * Returns what answers mean that another attempt gets again
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html, and CommonErrors there).
 */
function refusalOf(
  name: string,
  who: string,
  region: string,
): { readonly message: string; readonly hint: string } | undefined {
  switch (name.replace(/Exception$/, '')) {
    case 'ValidationError':
      return {
        message: `AWS does not accept the settings with which ${lowerFirst(who)} assumes its role.`,
        hint: 'Check role_arn, role_session_name, external_id and duration_seconds of the profile, and of those that it goes on from.',
      };
    case 'InvalidIdentityToken':
    case 'IDPCommunicationError':
    case 'IDPRejectedClaim':
      return {
        message: `AWS does not accept the web identity token of ${lowerFirst(who)} (${name}).`,
        hint: 'Get a new token; if that does not help, ask whether the role trusts its issuer and audience, and whether AWS reaches the issuer.',
      };
    case 'RegionDisabled':
      return {
        message: `The account of ${lowerFirst(who)} has switched off AWS STS in ${region}.`,
        hint: 'Set another region for the profile, or ask an AWS administrator to activate STS there (account settings of IAM).',
      };
    case 'OptInRequired':
    case 'SubscriptionRequired':
      return {
        message: `The account of ${lowerFirst(who)} is not signed up for this service of AWS.`,
        hint: 'Ask the owner of the account to complete its registration, with a payment method.',
      };
    default:
      return undefined;
  }
}

/** Finds the errno in the text: the SDK keeps only the text of an error from logging in a profile. */
function errnoIn(cause: unknown): string | undefined {
  const text = cause instanceof Error ? cause.message : '';
  const [errno] = /\bE(CONN[A-Z]+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE)\b/.exec(text) ?? [];
  return errno ?? (text.startsWith('TimeoutError') || text.startsWith(noAnswer) ? 'ETIMEDOUT' : undefined);
}

/**
 * The SDK distinguishes an expired session from an unreachable portal only by text. The cached token shows which it is.
 */
async function sessionOf({ login }: Principal, cause: unknown): Promise<'holds' | 'over' | 'none'> {
  if (login.kind === 'console') return 'over';
  if (login.kind !== 'sso') return 'holds';
  if (isNoSignIn(cause)) return 'none';
  // The portal's answer to a session that was revoked while its token seems valid.
  if (cause instanceof Error && cause.message.startsWith('UnauthorizedException')) return 'over';
  const { getSSOTokenFromFile } = await import('@smithy/shared-ini-file-loader');
  try {
    const token = await getSSOTokenFromFile(login.session);
    return Date.parse(token.expiresAt) > Date.now() ? 'holds' : 'over';
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'none' : 'over';
  }
}

function loginHint({ way, login }: Principal): string {
  if (login.kind === 'sso') return `Run ${login.toLogIn}.`;
  if (login.kind === 'console') return `Run \`${command`aws login --profile ${login.profile}`}\`.`;
  const name = nameOf(way);
  if (name === environmentProfile)
    return 'Set the AWS variables of this shell again, then repeat the command.';
  return `Renew the credentials of profile ${name}.`;
}

function credentialHint({ way, login }: Principal): string {
  if (login.kind === 'sso') {
    return `Run ${login.toLogIn}; if that does not help, ask whether its role is still assigned to you.`;
  }
  if (login.kind === 'mfa') {
    return 'Its role asks for an MFA code, which k8s-tunnels can enter only where the chain of profiles begins with access keys or a credential_process.';
  }
  const name = nameOf(way);
  if (name === environmentProfile) return 'Run `aws sts get-caller-identity` to see why.';
  return `Run \`${command`aws sts get-caller-identity --profile ${name}`}\` to see why.`;
}

function nameOf(way: AwsPrincipal['way']): string {
  return way.kind === 'profile' ? way.name : way.session;
}

function lowerFirst(text: string): string {
  return /^(The|Role) /.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}
