import { decodeJwt } from 'jose';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';

/** Reads the email address. The token came from Google itself over TLS, so checking its signature adds nothing. */
export function emailIn(idToken: string | null | undefined): string {
  try {
    const { email } = decodeJwt(idToken ?? '');
    return typeof email === 'string' ? email : '';
  } catch {
    return '';
  }
}

const refusalSchema = z.object({ response: z.object({ data: z.object({ error: z.string() }) }) });

/** Converts an error. The library's error holds the request with its secrets, so it must not become the cause. */
export function refused(error: unknown): never {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof AppError) throw cause;
  const said = refusalSchema.safeParse(error).data?.response.data.error ?? '';
  const what = /^[a-z_]{1,40}$/.test(said) ? said : 'no answer';
  throw new AppError('login-failed', `Google did not accept the sign-in (${what}).`, {
    hint:
      said === 'invalid_client'
        ? 'Ask the administrator of your organisation’s configuration: Google does not know the client in sources.gke.oauthClient.'
        : 'Sign in again.',
    retryable: said !== 'invalid_client',
  });
}
