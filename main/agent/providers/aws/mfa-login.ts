import type { AwsCredentialIdentity } from '@smithy/types';
import type { Account } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Clock } from '../../parts.ts';
import type { LoginProvider } from '../login-provider.ts';
import type { Aws } from './aws.ts';
import { awsClientSettings } from './clients.ts';
import { awsError } from './errors.ts';
import { type AwsMfaSessions, mfaDevices, mfaSession } from './mfa.ts';
import { type AwsPrincipal, anyRegion } from './profiles.ts';

/** Adds the MFA devices that profiles ask for to the login of AWS: each is an account, and its password is a code. */
export function withMfa(login: LoginProvider, aws: Aws): LoginProvider {
  const { mfa: sessions, credentials, clock } = aws;
  return {
    ...login,
    async accounts() {
      const devices = mfaDevices(await aws.configuration());
      const own = [...devices.keys()].map((serial) => accountOf(sessions, serial, clock));
      return [...(await login.accounts()), ...own];
    },
    async signIn(request) {
      const { session: serial, password, signal } = request;
      const principal = mfaDevices(await aws.configuration()).get(serial);
      if (principal === undefined) return login.signIn(request);
      if (password === undefined)
        throw new AppError('bad-input', `A code of the MFA device ${serial} is needed.`, {
          hint: `Run \`${command`k8s-tunnels login aws ${serial}`}\` in a terminal, or sign in to it in the window.`,
        });
      const keys = await credentials.beforeMfa(principal, signal);
      await beginSession({ aws, serial, code: password.password, principal, keys, signal });
    },
    async signOut(session) {
      if (!mfaDevices(await aws.configuration()).has(session)) return login.signOut(session);
      const had = sessions.delete(session);
      credentials.forgetAll();
      return { removed: had ? [`The session of the MFA device ${session}.`] : [], remaining: [] };
    },
  };
}

function accountOf(sessions: AwsMfaSessions, serial: string, clock: Pick<Clock, 'now'>): Account {
  const session = mfaSession(sessions, serial, clock);
  const endsAt = session?.expiration?.getTime();
  return {
    provider: 'aws',
    session: serial,
    status: session === undefined ? 'signed-out' : 'signed-in',
    ...(endsAt === undefined ? { needed: true } : { endsAt }),
    renews: false,
    store: 'the memory of the agent',
    asks: 'code',
    ours: true,
  };
}

/** Gets a session for a device with one of its codes. Rejects with `login-failed`, or as `awsError` does. */
async function beginSession(options: {
  readonly aws: Aws;
  readonly serial: string;
  readonly code: string;
  readonly principal: AwsPrincipal;
  /** Of the device's user. */
  readonly keys: AwsCredentialIdentity;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { aws, serial, code, principal, keys, signal } = options;
  const region = principal.region ?? anyRegion;
  const { STSClient, GetSessionTokenCommand } = await import('@aws-sdk/client-sts');
  const settings = await awsClientSettings({ ...aws, principal, service: 'STS' });
  const client = new STSClient({ ...settings, region, credentials: keys });
  try {
    const { Credentials } = await client.send(
      new GetSessionTokenCommand({ SerialNumber: serial, TokenCode: code }),
      { abortSignal: signal },
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
      throw new Error('GetSessionToken gave no credentials');
    aws.mfa.set(serial, {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration ?? new Date(Date.now() + 3_600_000),
    });
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    // The answer to a wrong code, and to one that was used already.
    if (name !== 'AccessDenied' && name !== 'AccessDeniedException' && name !== 'ValidationError')
      throw await awsError({ error, principal, action: 'sts:GetSessionToken', region });
    throw new AppError('login-failed', `AWS did not accept the code of ${serial}.`, {
      hint: 'Wait for the next code of the device, since each is accepted once, and enter it.',
      retryable: true,
    });
  }
}
