import type { SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import { openCallback } from '../../logins/callback.ts';
import { createPkce } from '../../logins/pkce.ts';
import type { SignInFile } from '../../sealing/sign-in-file.ts';
import type { LoginProvider } from '../login-provider.ts';
import type { GcpParts } from './adc.ts';
import { gcpScopes, openOAuthClient } from './clients.ts';
import { createHeldAccounts } from './held-accounts.ts';
import { emailIn, refused } from './login-answer.ts';
import {
  keepOwnSession,
  keptIn,
  type OwnSession,
  onlySession,
  readOwnSessions,
  sessionName,
  writeOwnSessions,
} from './own-sessions.ts';

const named = 'GOOGLE_APPLICATION_CREDENTIALS is set, and takes precedence over any session.';
const unsetHint = 'Unset it and sign in again. The window needs a new agent for that (`k8s-tunnels quit`).';

/**
 * Google with the organisation's OAuth client for desktop apps: Google allows no other program to use gcloud's own
 * client. The sessions are stored in `ownFile`, in the format of application-default credentials. Several accounts may be
 * signed in: each is used for its own projects.
 */
export function createGcpLogin(options: {
  readonly parts: GcpParts & { readonly ownFile: SignInFile };
  readonly client: () => { readonly id: string; readonly secret?: string | undefined } | undefined;
}): LoginProvider {
  const { parts } = options;
  const { ownFile, env } = parts;
  const isNamed = (env.GOOGLE_APPLICATION_CREDENTIALS ?? '') !== '';
  const held = createHeldAccounts(parts);

  return {
    kind: 'gcp',
    title: 'Google Cloud',
    setUp:
      'Run `gcloud auth application-default login`, or have your organisation’s file name an OAuth client (sources.gke.oauthClient) for `k8s-tunnels login gcp`.',
    accepts: (session) => session === onlySession || isEmail(session),
    async accounts() {
      const [own, foreign] = await Promise.all([isNamed ? [] : held.own(), held.foreign()]);
      const accounts =
        options.client() === undefined || own.length > 0
          ? [...own, ...foreign]
          : [held.possible('signed-out'), ...foreign];
      const isNeeded = !accounts.some(({ status }) => status === 'signed-in');
      return accounts.map((account) =>
        account.ours && account.status !== 'signed-in'
          ? {
              ...account,
              // Each of several has its own projects.
              ...(isNeeded || own.length > 1 ? { needed: true } : {}),
              ...(isNamed ? { blocked: `${named} ${unsetHint}` } : {}),
            }
          : account,
      );
    },
    async signIn({ session, signal, onUrl, next }) {
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
      if (isNamed) throw new AppError('bad-input', named, { hint: unsetHint });
      const wanted = isEmail(session) ? session : undefined;
      const callback = await openCallback({ host: '127.0.0.1', path: '/', title: 'Google Cloud' }, { next });
      try {
        const { redirectUri } = callback;
        const google = await import('google-auth-library');
        const oauth = await openOAuthClient({ parts, client, redirectUri });
        const { codeVerifier, codeChallenge } = await oauth.generateCodeVerifierAsync();
        if (codeChallenge === undefined) throw new Error('the library made no challenge');
        const { state } = createPkce();
        const url = oauth.generateAuthUrl({
          access_type: 'offline',
          // Without consent, Google gives a refresh token only at the first login.
          ...(wanted === undefined
            ? { prompt: 'select_account consent' }
            : { prompt: 'consent', login_hint: wanted }),
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
            const account = emailIn(tokens.id_token);
            if (wanted !== undefined && account.toLowerCase() !== wanted.toLowerCase())
              throw anotherAccount(wanted, account);
            const kept = {
              account,
              client_id: client.id,
              client_secret: client.secret ?? '',
              refresh_token: tokens.refresh_token,
              type: 'authorized_user',
              universe_domain: 'googleapis.com',
            };
            await keepOwnSession(ownFile, kept);
            held.signedIn(account);
          },
        });
        received.catch(() => {});
        await onUrl(url);
        await received;
      } finally {
        callback.close();
      }
    },
    async signOut(session): Promise<SignOut> {
      // Remove it even if only the desktop app can open it.
      const own = await readOwnSessions(ownFile).catch(() => []);
      const leaving = own.find(({ account }) => sessionName(own, account) === session) ?? own[0];
      const rest = own.filter((one) => one !== leaving);
      const isRevoked = leaving !== undefined && (await revoke(leaving));
      held.signedOut();
      const had = rest.length > 0 || (await ownFile.remove());
      if (rest.length > 0) await writeOwnSessions(ownFile, rest);
      const whose = rest.length > 0 && leaving !== undefined ? ` of ${leaving.account}` : '';
      const revoked = isRevoked ? ', revoked at Google' : '';
      const foreign = await held.foreign();
      return {
        removed: had ? [`The Google session${whose} (${ownFile.path})${revoked}`] : [],
        remaining: [
          ...(had && !isRevoked
            ? ['The refresh token: revoke it at https://myaccount.google.com/connections.']
            : []),
          ...rest.map(({ account }) => `The Google session of ${account}.`),
          ...foreign.map(({ store }) => `The credentials in ${store}, which now apply.`),
          ...(had ? ['The session at Google, in the browser.'] : []),
        ],
      };
    },
  };

  async function revoke({ text }: OwnSession): Promise<boolean> {
    const kept = keptIn(text);
    if (kept?.refresh_token === undefined || kept.client_id === undefined) return false;
    const client = { id: kept.client_id, secret: kept.client_secret };
    const oauth = await openOAuthClient({ parts, client });
    return oauth.revokeToken(kept.refresh_token).then(
      () => true,
      () => false,
    );
  }
}

function isEmail(session: string): boolean {
  return /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(session);
}

function anotherAccount(wanted: string, account: string): AppError {
  const who = account === '' ? 'another account' : account;
  return new AppError('login-failed', `You signed in to Google as ${who}, not as ${wanted}.`, {
    hint: `Sign in again and choose ${wanted}.${account === '' ? '' : ` To add the other account, run \`${command`k8s-tunnels login gcp ${account}`}\`.`}`,
  });
}
