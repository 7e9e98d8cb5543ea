import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { Account, SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { openCallback } from '../../logins/callback.ts';
import { createPkce } from '../../logins/pkce.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import type { LoginProvider } from '../login-provider.ts';
import { createGcpSession, type GcpParts, type GcpSession, gcpCredentialFiles } from './adc.ts';
import { gcpScopes, openOAuthClient } from './clients.ts';

/** The only session of ours: the organisation's client signs in one user. */
const session = 'google';

const named = 'GOOGLE_APPLICATION_CREDENTIALS is set, and takes precedence over any session.';
const unsetHint = 'Unset it and sign in again. The window needs a new agent for that (`k8s-tunnels quit`).';

/** The user fields of `application_default_credentials.json`, as far as we read them. */
const keptSchema = z.looseObject({
  type: z.string(),
  account: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  refresh_token: z.string().optional(),
  client_email: z.string().optional(),
});
type Kept = z.infer<typeof keptSchema>;

/**
 * Google with the organisation's OAuth client for desktop apps: Google allows no other program to use gcloud's own
 * client. The session is stored in `ownFile`, in the format of application-default credentials.
 */
export function createGcpLogin(options: {
  readonly parts: GcpParts & { readonly ownFile: SignInFile };
  readonly client: () => { readonly id: string; readonly secret?: string | undefined } | undefined;
}): LoginProvider {
  const { parts } = options;
  const { ownFile, env } = parts;
  /** One per file, so that a token is requested once an hour and not at every look. */
  const checks = new Map<string, GcpSession>();

  const check = async (file: string): Promise<Account['status']> => {
    const login =
      checks.get(file) ??
      createGcpSession(
        file === ownFile.path ? parts : { ...parts, env: { ...env, GOOGLE_APPLICATION_CREDENTIALS: file } },
      );
    checks.set(file, login);
    try {
      await login.access();
      return 'signed-in';
    } catch (error) {
      return error instanceof AppError && error.code === 'gcp-session-expired' ? 'ended' : 'signed-in';
    }
  };

  const accountOf = async (file: string, kept: Kept): Promise<Account> => {
    const who = kept.account || kept.client_email;
    return {
      provider: 'gcp',
      session: file === ownFile.path ? session : 'application-default credentials',
      ...(who === undefined ? {} : { who }),
      status: await check(file),
      renews: true,
      store: file === ownFile.path ? ownFile.store : file,
      asks: 'browser',
      ours: file === ownFile.path,
    };
  };

  const possible = (status: Account['status']): Account => ({
    provider: 'gcp',
    session,
    status,
    renews: false,
    store: ownFile.store,
    asks: 'browser',
    ours: true,
  });

  return {
    kind: 'gcp',
    title: 'Google Cloud',
    setUp:
      'Run `gcloud auth application-default login`, or have your organisation’s file name an OAuth client (sources.gke.oauthClient) for `k8s-tunnels login gcp`.',
    async accounts() {
      const found = await Promise.all(
        gcpCredentialFiles(parts).map(async ({ file, own }) => {
          try {
            const kept = await read(own ?? file);
            return kept === undefined ? [] : [await accountOf(file, kept)];
          } catch (error) {
            if (!isSealedError(error)) throw error;
            return [{ ...possible('ended'), store: `${file}, sealed: ${error.hint}` }];
          }
        }),
      );
      const held = found.flat();
      const accounts =
        options.client() === undefined || held.some(({ ours }) => ours)
          ? held
          : [possible('signed-out'), ...held];
      const isNeeded = !accounts.some(({ status }) => status === 'signed-in');
      const isBlocked = (env.GOOGLE_APPLICATION_CREDENTIALS ?? '') !== '';
      return accounts.map((account) =>
        account.ours && account.status !== 'signed-in'
          ? {
              ...account,
              ...(isNeeded ? { needed: true } : {}),
              ...(isBlocked ? { blocked: `${named} ${unsetHint}` } : {}),
            }
          : account,
      );
    },
    async signIn({ signal, onUrl }) {
      const client = options.client();
      if (client === undefined) {
        throw new AppError(
          'login-failed',
          'Your organisation’s file names no OAuth client for Google any more.',
          {
            hint: 'Run `gcloud auth application-default login`, or have sources.gke.oauthClient set.',
          },
        );
      }
      if ((env.GOOGLE_APPLICATION_CREDENTIALS ?? '') !== '') {
        throw new AppError('bad-input', named, { hint: unsetHint });
      }
      const callback = await openCallback({ host: '127.0.0.1', path: '/', title: 'Google Cloud' });
      try {
        const { redirectUri } = callback;
        const google = await import('google-auth-library');
        const oauth = await openOAuthClient({ parts, client, redirectUri });
        const { codeVerifier, codeChallenge } = await oauth.generateCodeVerifierAsync();
        if (codeChallenge === undefined) throw new Error('the library made no challenge');
        const { state } = createPkce();
        const url = oauth.generateAuthUrl({
          access_type: 'offline',
          // Otherwise Google gives a refresh token only at the first login.
          prompt: 'consent',
          scope: ['openid', ...gcpScopes],
          state,
          code_challenge_method: google.CodeChallengeMethod.S256,
          code_challenge: codeChallenge,
        });
        const received = callback.receive({
          state,
          signal,
          async finish(parameters) {
            const code = parameters.get('code') ?? '';
            const { tokens } = await oauth
              .getToken({ code, codeVerifier, redirect_uri: redirectUri })
              .catch(refused);
            if (tokens.refresh_token == null)
              throw new AppError('login-failed', 'Google gave no refresh token.', { hint: 'Sign in again.' });
            if (!(tokens.scope ?? '').includes('/auth/cloud-platform')) {
              throw new AppError('login-failed', 'Your Google session has no access to cloud projects.', {
                hint: 'Sign in again and tick every box.',
              });
            }
            signal.throwIfAborted();
            const kept = {
              account: emailIn(tokens.id_token),
              client_id: client.id,
              client_secret: client.secret ?? '',
              refresh_token: tokens.refresh_token,
              type: 'authorized_user',
              universe_domain: 'googleapis.com',
            };
            await ownFile.write(JSON.stringify(kept, null, 2));
          },
        });
        received.catch(() => {});
        await onUrl(url);
        await received;
      } finally {
        callback.close();
      }
    },
    async signOut(): Promise<SignOut> {
      // Remove it even if only the desktop app can open it.
      const kept = await read(ownFile).catch(() => undefined);
      let revoked = false;
      if (kept?.refresh_token !== undefined && kept.client_id !== undefined) {
        const oauth = await openOAuthClient({
          parts,
          client: { id: kept.client_id, secret: kept.client_secret },
        });
        revoked = await oauth.revokeToken(kept.refresh_token).then(
          () => true,
          () => false,
        );
      }
      checks.delete(ownFile.path);
      const had = await ownFile.remove();
      const others = await Promise.all(
        gcpCredentialFiles(parts)
          .filter(({ own }) => own === undefined)
          .map(async ({ file }) =>
            (await read(file)) === undefined ? [] : [`The credentials in ${file}, which now apply.`],
          ),
      );
      return {
        removed: had ? [`The Google session (${ownFile.path})${revoked ? ', revoked at Google' : ''}`] : [],
        remaining: [
          ...(had && !revoked
            ? ['The refresh token: revoke it at https://myaccount.google.com/connections.']
            : []),
          ...others.flat(),
          ...(had ? ['The session at Google, in the browser.'] : []),
        ],
      };
    },
  };
}

/** Rejects with `login-sealed`. */
async function read(file: string | SignInFile): Promise<Kept | undefined> {
  try {
    const text = typeof file === 'string' ? await readFile(file, 'utf8') : await file.read();
    return keptSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch (error) {
    if (isSealedError(error)) throw error;
    return undefined;
  }
}

/** Reads the email address. The token came from Google itself over TLS, so checking its signature adds nothing. */
function emailIn(idToken: string | null | undefined): string {
  try {
    const { email } = decodeJwt(idToken ?? '');
    return typeof email === 'string' ? email : '';
  } catch {
    return '';
  }
}

const refusalSchema = z.object({ response: z.object({ data: z.object({ error: z.string() }) }) });

/** Converts an error. The library's error holds the request with its secrets, so it must not become the cause. */
function refused(error: unknown): never {
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
