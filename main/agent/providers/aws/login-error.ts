import { AppError, errnoOf } from '../../../model/app-error.ts';
import { networkError } from '../../network/network-error.ts';
import { noAnswer } from './request-handler.ts';
import type { AwsSession } from './sessions.ts';

/** Converts an error of the token service during a login. Omits the SDK's own text. */
export function awsLoginError(error: unknown, { name: session, region }: AwsSession): unknown {
  if (!(error instanceof Error) || error instanceof AppError || error.name === 'AbortError') return error;
  const { name } = error;
  if (name === 'AccessDeniedException')
    return new AppError('login-failed', 'The sign-in to AWS was denied.', {
      hint: 'Sign in again and allow it.',
      cause: error,
    });
  if (name === 'ExpiredTokenException')
    return new AppError('login-failed', 'The code for AWS was not entered in time.', {
      hint: 'Sign in again to get a new one.',
      cause: error,
    });
  if (name === 'InvalidRequestException' || name === 'InvalidRequestRegionException')
    return new AppError(
      'login-failed',
      `Identity Center in ${region} does not know the session ${session}.`,
      {
        hint: 'Check sso_start_url and sso_region in ~/.aws/config.',
        cause: error,
      },
    );
  if (name.endsWith('Exception'))
    return new AppError('login-failed', `AWS did not accept the sign-in (${name}).`, {
      hint: 'Sign in again.',
      retryable: true,
      cause: error,
    });
  if (errnoOf(error) !== undefined) return networkError({ host: `AWS in ${region}` }, error);
  if (name === 'TimeoutError' || name === noAnswer)
    return new AppError('timeout', `AWS in ${region} did not answer the sign-in.`, {
      hint: 'Check your network connection.',
      retryable: true,
      cause: error,
    });
  return error;
}
