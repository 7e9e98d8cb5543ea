import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { givenOut } from '../given-out.ts';
import type { Plan } from '../plan.ts';

/** What `aws sso login` leaves of a sign-in. */
export interface SignIn {
  readonly accessToken: string;
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The sign-ins to IAM Identity Center that hold. */
export class SignIns {
  private readonly accessTokens = new Map<string, number>();
  private readonly pairs = new Map<string, string>();
  private readonly refreshTokens = new Map<
    string,
    { readonly clientId: string; readonly clientSecret: string }
  >();

  /** `seconds` until the access token ends; it may have ended already. */
  issue(seconds: number, client = newClient()): SignIn {
    const accessToken = givenOut(
      `aoa${randomBytes(48).toString('base64url')}`,
      'access token of Identity Center',
    );
    const refreshToken = givenOut(
      `aor${randomBytes(48).toString('base64url')}`,
      'refresh token of Identity Center',
    );
    const endsAt = Date.now() + seconds * 1000;
    this.accessTokens.set(accessToken, endsAt);
    this.pairs.set(accessToken, refreshToken);
    this.refreshTokens.set(refreshToken, client);
    return { accessToken, refreshToken, expiresAt: new Date(endsAt).toISOString(), ...client };
  }

  isValid(accessToken: string): boolean {
    return (this.accessTokens.get(accessToken) ?? 0) > Date.now();
  }

  /** A refresh token works once and for its client alone. */
  refresh(refreshToken: string, clientId: string, clientSecret: string, seconds: number): SignIn | undefined {
    const client = this.refreshTokens.get(refreshToken);
    if (client?.clientId !== clientId || client.clientSecret !== clientSecret) return undefined;
    this.refreshTokens.delete(refreshToken);
    return this.issue(seconds, client);
  }

  /** What the portal's logout does to the sign-in of an access token. */
  end(accessToken: string): void {
    const refreshToken = this.pairs.get(accessToken);
    this.accessTokens.delete(accessToken);
    if (refreshToken !== undefined) this.refreshTokens.delete(refreshToken);
  }

  /** As an administrator ends the sessions of a person. */
  revokeAll(): void {
    this.accessTokens.clear();
    this.refreshTokens.clear();
  }
}

function newClient() {
  return {
    clientId: randomBytes(16).toString('base64url'),
    clientSecret: givenOut(randomBytes(64).toString('base64url'), 'client secret of Identity Center'),
  };
}

/** Writes a sign-in to where the AWS CLI and SDKs keep it. */
export async function writeSignIn(options: {
  readonly home: string;
  readonly plan: Plan;
  readonly signIn: SignIn;
}): Promise<void> {
  const { home, plan, signIn } = options;
  const { session, startUrl, region } = plan.identityCenter;
  const folder = join(home, '.aws', 'sso', 'cache');
  await mkdir(folder, { recursive: true });
  const name = createHash('sha1').update(session).digest('hex');
  const registrationExpiresAt = new Date(Date.now() + 90 * 86_400_000).toISOString();
  const content = { startUrl, region, registrationExpiresAt, ...signIn };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(content, null, 2), { mode: 0o600 });
}
