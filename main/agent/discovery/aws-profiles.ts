import { createHash } from 'node:crypto';
import path from 'node:path';
import type { AwsWay } from '../catalog/cluster.ts';
import type { Environment } from '../parts.ts';

/** A sign-in to IAM Identity Center that this computer is set up for. */
export interface AwsSession {
  /** The name of its `sso-session`, or its start URL where only profiles speak of it. */
  readonly name: string;
  readonly startUrl: string;
  readonly region: string;
  /** False for the older form, whose token cannot be renewed. */
  readonly named: boolean;
  /** What `aws sso login` takes to begin it anew. */
  readonly loginArguments: string;
}

/** A role of an account that Identity Center gives credentials of. */
export interface AwsRole {
  readonly session: AwsSession;
  readonly account: string;
  readonly name: string;
}

/** A way into AWS that this computer is set up for: a profile, or a role that Identity Center grants. */
export interface AwsLoginPlace {
  readonly way: AwsWay;
  /** Who it is, at the beginning of a sentence. */
  readonly title: string;
  /** Two that log in alike have the same: it holds what their credentials depend on, no secret in clear. */
  readonly key: string;
  readonly region: string | undefined;
  /** Where its services are, when not at AWS itself. */
  readonly endpoint: string | undefined;
  /** What Identity Center is asked for, where it is that alone. */
  readonly role: AwsRole | undefined;
  /** How it logs in, as far as that changes what a person can do about a failure. */
  readonly login:
    | { readonly kind: 'sso'; readonly session: string; readonly loginArguments: string }
    | { readonly kind: 'console'; readonly profile: string }
    | { readonly kind: 'mfa' }
    | { readonly kind: 'other' };
}

/** Stands for the credentials that the environment's variables give, where no profile has any. No profile can be called so. */
export const environmentProfile = '';

export interface AwsPlaces {
  readonly env: Environment;
  readonly home: string;
}

type Section = Readonly<Record<string, string | undefined>>;
type Sections = Readonly<Record<string, Section>>;

const sessionPrefix = 'sso-session.';

/** Any of these makes a section one that can log in; `[default]` often holds a region only. */
const loginKeys = [
  'aws_access_key_id',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];

/** Any of these in the environment is a login without a profile. */
const loginVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/**
 * The AWS configuration, read anew: every profile that can log in (without any, the environment's credentials where
 * it has some) and every sign-in to Identity Center.
 */
export async function awsConfiguration(places: AwsPlaces): Promise<{
  readonly profiles: readonly AwsLoginPlace[];
  readonly sessions: readonly AwsSession[];
}> {
  const { parseKnownFiles } = await import('@smithy/shared-ini-file-loader');
  const sections: Sections = await parseKnownFiles({ ...awsFiles(places), ignoreCache: true });
  const names = Object.keys(sections).filter(
    (name) => !name.startsWith(sessionPrefix) && !name.startsWith('services.'),
  );
  const profiles = names
    .filter((name) => loginKeys.some((key) => sections[name]?.[key] !== undefined))
    .map((name) => profileFrom(name, sections));
  const named = Object.keys(sections)
    .filter((name) => name.startsWith(sessionPrefix))
    .flatMap((name) => sessionFrom({ sso_session: name.slice(sessionPrefix.length) }, '', sections) ?? []);
  const older = names.flatMap((name) =>
    sections[name]?.sso_session === undefined
      ? (sessionFrom(sections[name] ?? {}, name, sections) ?? [])
      : [],
  );
  const sessions = [...new Map([...older.reverse(), ...named].map((one) => [one.name, one])).values()];
  if (profiles.length > 0 || !loginVariables.some((name) => (places.env[name] ?? '') !== '')) {
    return { profiles, sessions };
  }
  const environment: AwsLoginPlace = {
    way: { kind: 'profile', name: environmentProfile },
    title: 'The AWS environment',
    key: environmentProfile,
    region: places.env.AWS_REGION ?? places.env.AWS_DEFAULT_REGION,
    endpoint: undefined,
    role: undefined,
    login: { kind: 'other' },
  };
  return { profiles: [environment], sessions };
}

/** The way in that a role of Identity Center is. */
export function rolePlace(role: AwsRole): AwsLoginPlace {
  const { session, account, name } = role;
  return {
    way: { kind: 'sso', session: session.name, account, role: name },
    title: `Role ${name} of account ${account} (Identity Center ${session.name})`,
    key: roleKey(role),
    region: session.region,
    endpoint: undefined,
    role,
    login: { kind: 'sso', session: session.name, loginArguments: session.loginArguments },
  };
}

function roleKey({ session, account, name }: AwsRole): string {
  return `role ${session.startUrl} ${account} ${name}`;
}

export function awsFiles({ env, home }: AwsPlaces) {
  return {
    configFilepath: env.AWS_CONFIG_FILE || path.join(home, '.aws', 'config'),
    filepath: env.AWS_SHARED_CREDENTIALS_FILE || path.join(home, '.aws', 'credentials'),
  };
}

function profileFrom(name: string, sections: Sections): AwsLoginPlace {
  const section = sections[name] ?? {};
  const { role_arn, sso_account_id: account, sso_role_name: roleName } = section;
  const session = role_arn === undefined ? sessionFrom(section, name, sections) : undefined;
  const role =
    session === undefined || account === undefined || roleName === undefined
      ? undefined
      : { session, account, name: roleName };
  const chain = chainOf(name, sections);
  const fingerprint = createHash('sha256').update(JSON.stringify(chain.map(([, one]) => one)));
  return {
    way: { kind: 'profile', name },
    title: `AWS profile ${name}`,
    key: role === undefined ? `profile ${name} ${fingerprint.digest('hex')}` : roleKey(role),
    region: section.region,
    endpoint: section.endpoint_url,
    role,
    login: loginOf(chain),
  };
}

/** The sign-in that a section speaks of, where all is said that it takes. */
function sessionFrom(section: Section, profile: string, sections: Sections): AwsSession | undefined {
  const { sso_session: name } = section;
  const { sso_start_url: startUrl, sso_region: region } =
    name === undefined ? section : (sections[`${sessionPrefix}${name}`] ?? {});
  if (startUrl === undefined || region === undefined) return undefined;
  return {
    name: name ?? startUrl,
    startUrl,
    region,
    named: name !== undefined,
    loginArguments: name === undefined ? `--profile ${profile}` : `--sso-session ${name}`,
  };
}

/** A profile and those that `source_profile` leads to, down to where a person logs in. */
function chainOf(name: string, sections: Sections): readonly (readonly [string, Section])[] {
  const chain = new Map<string, Section>();
  for (let next: string | undefined = name; next !== undefined && !chain.has(next); ) {
    const section: Section = sections[next] ?? {};
    chain.set(next, section);
    next = section.source_profile;
  }
  return [...chain];
}

function loginOf(chain: ReturnType<typeof chainOf>): AwsLoginPlace['login'] {
  for (const [profile, section] of chain) {
    const session = section.sso_session ?? section.sso_start_url;
    if (session !== undefined) return { kind: 'sso', session, loginArguments: `--profile ${profile}` };
    if (section.login_session !== undefined) return { kind: 'console', profile };
  }
  return { kind: chain.some(([, { mfa_serial }]) => mfa_serial !== undefined) ? 'mfa' : 'other' };
}
