import type { SSOOIDCClient } from '@aws-sdk/client-sso-oidc';
import type { Account, SignOut } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { openCallback } from '../../logins/callback.ts';
import { createPkce } from '../../logins/pkce.ts';
import type { LoginProvider, SignInRequest } from '../login-provider.ts';
import type { Aws } from './aws.ts';
import { awsLoginError } from './login-error.ts';
import { awsConfiguration } from './profiles.ts';
import { type AwsSession, bareUrl } from './sessions.ts';
import { type SsoRegistration, ssoTime } from './sso-cache.ts';
import { authorizeUrl, isRenewable, ssoOidcClient, tokenFrom } from './sso-tokens.ts';

const redirect = { host: '127.0.0.1', path: '/oauth/callback', title: 'AWS' } as const;
const defaultScopes = ['sso:account:access'];
const codeGrants = ['authorization_code', 'refresh_token'];
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
/** A registration that expires sooner is replaced, as in botocore. */
const registrationMarginMs = 15 * 60_000;
/** RFC 8628, 3.2 and 3.5. */
const defaultIntervalSeconds = 5;
const slowDownSeconds = 5;

/**
 * AWS IAM Identity Center: the authorization code with PKCE, or a device code if no browser opens, each as `aws sso
 * login` does it (awscli/botocore/utils.py), and stored in the same files.
 */
export function createAwsLogin(aws: Aws): LoginProvider {
  const { clock, ssoCache: cache } = aws;

  const sessions = async () => (await awsConfiguration(aws)).sessions;
  const find = async (name: string): Promise<AwsSession> => {
    const session = (await sessions()).find((one) => one.name === name);
    if (session === undefined)
      throw new AppError('not-found', `The AWS configuration has no session ${name} any more.`);
    return session;
  };

  const accountOf = async (session: AwsSession): Promise<Account> => {
    const token = await cache.read(session).catch(() => undefined);
    const account = {
      provider: 'aws',
      session: session.name,
      store: cache.file(session),
      asks: 'browser',
      ours: true,
    } as const;
    if (token === undefined) return { ...account, status: 'signed-out', renews: false };
    const endsAt = Date.parse(token.expiresAt);
    const renews = isRenewable(token, clock.now());
    return { ...account, status: renews || endsAt > clock.now() ? 'signed-in' : 'ended', endsAt, renews };
  };

  /** Returns the cached client if it is for this kind of login, else registers a new one. */
  const register = async (
    client: SSOOIDCClient,
    session: AwsSession,
    byCode: boolean,
  ): Promise<SsoRegistration> => {
    const known = await cache.readRegistration(session);
    if (
      known !== undefined &&
      Date.parse(known.expiresAt) - registrationMarginMs > clock.now() &&
      (known.grantTypes?.includes('authorization_code') ?? false) === byCode
    )
      return known;
    const { RegisterClientCommand } = await import('@aws-sdk/client-sso-oidc');
    // Without scopes there would be no refresh token.
    const scopes = session.scopes ?? defaultScopes;
    const answer = await client.send(
      new RegisterClientCommand({
        clientName: `k8s-tunnels-${session.named ? session.name : Math.floor(clock.now() / 1000)}`,
        clientType: 'public',
        scopes: [...scopes],
        ...(byCode
          ? {
              grantTypes: codeGrants,
              redirectUris: ['http://127.0.0.1/oauth/callback'],
              issuerUrl: session.startUrl,
            }
          : {}),
      }),
    );
    const { clientId, clientSecret, clientSecretExpiresAt = 0 } = answer;
    if (clientId === undefined || clientSecret === undefined)
      throw new Error('RegisterClient gave no client');
    const registration: SsoRegistration = {
      clientId,
      clientSecret,
      expiresAt: ssoTime(clientSecretExpiresAt * 1000),
      scopes: [...scopes],
      ...(byCode ? { grantTypes: codeGrants } : {}),
    };
    await cache.writeRegistration(session, registration);
    return registration;
  };

  const keep = (
    session: AwsSession,
    { clientId, clientSecret, expiresAt }: SsoRegistration,
    answer: Parameters<typeof tokenFrom>[0],
  ) =>
    cache.write(session, {
      startUrl: session.startUrl,
      region: session.region,
      ...tokenFrom(answer, clock),
      clientId,
      clientSecret,
      registrationExpiresAt: expiresAt,
    });

  /** Returns false if no browser opened. */
  const byCode = async (
    client: SSOOIDCClient,
    session: AwsSession,
    request: SignInRequest,
  ): Promise<boolean> => {
    const { signal } = request;
    const { CreateTokenCommand } = await import('@aws-sdk/client-sso-oidc');
    const registration = await register(client, session, true);
    const { clientId, clientSecret } = registration;
    const { redirectUri, ...callback } = await openCallback(redirect, request);
    try {
      const { verifier, challenge, state } = createPkce();
      const url = await authorizeUrl(client, session);
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge_method: 'S256',
        // The parameter's name at AWS.
        scopes: (registration.scopes ?? defaultScopes).join(' '),
        code_challenge: challenge,
      }).toString();
      const received = callback.receive({
        state,
        signal,
        async finish(parameters) {
          try {
            const code = parameters.get('code') ?? '';
            const grant = { grantType: 'authorization_code', code, redirectUri, codeVerifier: verifier };
            const answer = await client.send(new CreateTokenCommand({ clientId, clientSecret, ...grant }));
            signal.throwIfAborted();
            await keep(session, registration, answer);
          } catch (error) {
            throw awsLoginError(error, session);
          }
        },
      });
      // The browser may return before it is reported as open.
      received.catch(() => {});
      if (!(await request.onUrl(url.href))) return false;
      await received;
      return true;
    } finally {
      callback.close();
    }
  };

  const byDevice = async (
    client: SSOOIDCClient,
    session: AwsSession,
    request: SignInRequest,
  ): Promise<void> => {
    const { signal } = request;
    const { CreateTokenCommand, StartDeviceAuthorizationCommand } = await import('@aws-sdk/client-sso-oidc');
    const registration = await register(client, session, false);
    const { clientId, clientSecret } = registration;
    const asked = await client.send(
      new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl: session.startUrl }),
      { abortSignal: signal },
    );
    const {
      deviceCode,
      userCode = '',
      verificationUri = '',
      verificationUriComplete = verificationUri,
    } = asked;
    request.onDeviceCode({ url: verificationUriComplete, userCode });
    const grant = { clientId, clientSecret, grantType: deviceGrant, deviceCode };
    let seconds = asked.interval ?? defaultIntervalSeconds;
    for (;;) {
      await clock.sleep(seconds * 1000, signal);
      try {
        const answer = await client.send(new CreateTokenCommand(grant), { abortSignal: signal });
        return await keep(session, registration, answer);
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        if (name === 'SlowDownException') seconds += slowDownSeconds;
        else if (name !== 'AuthorizationPendingException') throw error;
      }
    }
  };

  return {
    kind: 'aws',
    title: 'AWS',
    setUp:
      'Give the start URL and the region of your access portal: `k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1`. Or set up by your organisation’s address: `k8s-tunnels setup acme.example`.',
    async accounts() {
      const all = await sessions();
      const accounts = await Promise.all(all.map(accountOf));
      // Sessions with different names for one portal are equivalent: any that is signed in will do.
      const portalOf = (at: number) => bareUrl(all[at]?.startUrl ?? '');
      const open = new Set(
        accounts.flatMap(({ status }, at) => (status === 'signed-in' ? portalOf(at) : [])),
      );
      return accounts.map((account, at): Account => {
        if (open.has(portalOf(at))) return account;
        open.add(portalOf(at));
        return { ...account, needed: true };
      });
    },
    async signIn(request) {
      const session = await find(request.session);
      const client = await ssoOidcClient(aws, session.region);
      try {
        if (!request.deviceCode && (await byCode(client, session, request))) return;
        await byDevice(client, session, request);
      } catch (error) {
        throw awsLoginError(error, session);
      } finally {
        client.destroy();
      }
    },
    async signOut(name): Promise<SignOut> {
      const session = await find(name);
      const token = await cache.read(session);
      const ended =
        token !== undefined &&
        (await aws.portal.signOut(session, token.accessToken).then(
          () => true,
          () => false,
        ));
      const had = await cache.remove(session);
      aws.credentials.forgetAll();
      const others = (await Promise.all((await sessions()).map(accountOf))).filter(
        ({ status }) => status === 'signed-in',
      );
      return {
        removed: had
          ? [`The AWS session ${name} (${cache.file(session)})${ended ? ', ended at the access portal' : ''}`]
          : [],
        remaining: [
          ...(had && !ended
            ? ['The session at the access portal: it could not be notified, and expires automatically.']
            : []),
          ...(had
            ? [
                'Role credentials issued earlier stay valid for up to 12 hours (~/.aws/cli/cache, programs that run).',
              ]
            : []),
          ...others.map((other) => `The AWS session ${other.session}.`),
        ],
      };
    },
  };
}
