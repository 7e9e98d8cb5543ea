import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../plan.ts';
import type { SessionCredentials } from './keyring.ts';
import { type SignIn, writeSignIn } from './sign-ins.ts';

/**
 * Writes `.aws/config` and `.aws/credentials` into a home folder, one profile per account and one more,
 * `<profile>-again`, that reaches the first account a second time. An account for which a session is given gets
 * its credentials in place of the long-lived key: call it again to sign in again.
 *
 * Answers the environment that leads a client to the world: nothing of the caller's is in it, PATH neither.
 */
export async function writeAwsHome(options: {
  readonly home: string;
  readonly plan: Plan;
  /** Where the world's AWS listens. */
  readonly url: string;
  readonly sessions?: readonly SessionCredentials[];
  /** A sign-in to the plan's Identity Center; without one its session is not configured either. */
  readonly signIn?: SignIn;
}): Promise<Readonly<Record<string, string>>> {
  const { home, plan, url, sessions = [], signIn } = options;
  const profiles = plan.accounts.map((account) => ({
    name: account.profile,
    keys: sessions.find((session) => session.account === account.id) ?? account,
  }));
  const [first] = profiles;
  if (first !== undefined) profiles.push({ name: `${first.name}-again`, keys: first.keys });

  const config = profiles.map(({ name }) => [
    `[profile ${name}]`,
    'region = eu-central-1',
    'output = json',
    '',
  ]);
  const { session, startUrl, region } = plan.identityCenter;
  if (signIn !== undefined) {
    config.push([
      `[sso-session ${session}]`,
      `sso_start_url = ${startUrl}`,
      `sso_region = ${region}`,
      'sso_registration_scopes = sso:account:access',
      '',
    ]);
    await writeSignIn({ home, plan, signIn });
  }
  const credentials = profiles.map(({ name, keys }) => [
    `[${name}]`,
    `aws_access_key_id = ${keys.accessKeyId}`,
    `aws_secret_access_key = ${keys.secretAccessKey}`,
    ...('sessionToken' in keys ? [`aws_session_token = ${keys.sessionToken}`] : []),
    '',
  ]);
  const folder = join(home, '.aws');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config'), config.flat().join('\n'), { mode: 0o600 });
  await writeFile(join(folder, 'credentials'), credentials.flat().join('\n'), { mode: 0o600 });
  return {
    HOME: home,
    USERPROFILE: home,
    AWS_ENDPOINT_URL: url,
    // No client waits for an instance's metadata service that is not there.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
