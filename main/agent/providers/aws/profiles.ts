import { createHash } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../../model/app-error.ts';
import type { AwsWay } from '../../../model/cluster.ts';
import { command } from '../../../model/command.ts';
import { hasUnseen } from '../../../model/plain-text.ts';
import type { Environment } from '../../parts.ts';
import { fileStamp } from '../../storage/file-stamp.ts';
import { type AwsProcess, processOf } from './credential-process.ts';

/** A sign-in to IAM Identity Center that this computer is set up for. */
export interface AwsSession {
  /** The name of its `sso-session`, or its start URL where only profiles speak of it. */
  readonly name: string;
  readonly startUrl: string;
  readonly region: string;
  /** False for the older form, which only profiles have. */
  readonly named: boolean;
  /** What its configuration asks for beside the usual; undefined where it says nothing. */
  readonly scopes?: readonly string[] | undefined;
  /** What a person runs to begin it anew: the end of a sentence that begins with "Run". */
  readonly toLogIn: string;
}

/** A role of an account that Identity Center gives credentials of. */
export interface AwsRole {
  readonly session: AwsSession;
  readonly account: string;
  readonly name: string;
}

/** A way into AWS that this computer is set up for: a profile, or a role that Identity Center grants. */
export interface AwsPrincipal {
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
  /** The file of the web identity token that it logs in with. */
  readonly tokenFile?: string | undefined;
  /** The program that it logs in by. */
  readonly process?: AwsProcess | undefined;
  /** How it logs in, as far as that changes what a person can do about a failure. */
  readonly login:
    | {
        readonly kind: 'sso';
        readonly session: string;
        readonly toLogIn: string;
        /** Undefined where the configuration does not say all that it takes. */
        readonly signIn: AwsSession | undefined;
      }
    | { readonly kind: 'console'; readonly profile: string; readonly session: string }
    | { readonly kind: 'mfa' }
    | { readonly kind: 'other' };
}

/** Stands for the credentials that the environment's variables give, where no profile has any. No profile can be called so. */
export const environmentProfile = '';

export interface AwsParts {
  readonly env: Environment;
  readonly home: string;
  /** What counts at the moment; nothing where undefined. */
  readonly organisation?: (() => AwsOrganisation) | undefined;
}

/** What an organisation says of its AWS accounts. */
export interface AwsOrganisation {
  /** Its access portals and the user's own, beside those of the AWS configuration. */
  readonly portals: readonly { readonly startUrl: string; readonly region: string }[];
  /** The names of the roles to use, best first. */
  readonly roles: readonly string[];
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

/** Every profile that can log in, and every sign-in to Identity Center. */
export interface AwsConfiguration {
  readonly profiles: readonly AwsPrincipal[];
  readonly sessions: readonly AwsSession[];
}

/** What tells one state of the AWS configuration from the next, without reading it. */
export async function awsConfigurationStamp(parts: AwsParts): Promise<string> {
  const files = Object.values(awsFiles(parts));
  return [JSON.stringify(parts.organisation?.() ?? {}), ...(await Promise.all(files.map(fileStamp)))].join(
    '\n',
  );
}

/**
 * The AWS configuration, read anew: every profile that can log in (without any, the environment's credentials where
 * it has some) and every sign-in to Identity Center, the organisation's too.
 */
export async function awsConfiguration(parts: AwsParts): Promise<AwsConfiguration> {
  const { parseKnownFiles } = await import('@smithy/shared-ini-file-loader');
  const sections: Sections = await parseKnownFiles({ ...awsFiles(parts), ignoreCache: true });
  const names = Object.keys(sections).filter(
    (name) => !name.startsWith(sessionPrefix) && !name.startsWith('services.'),
  );
  const profiles = names
    .filter((name) => loginKeys.some((key) => sections[name]?.[key] !== undefined))
    .map((name) => profileFrom(name, sections));
  const named = Object.keys(sections)
    .filter((name) => name.startsWith(sessionPrefix))
    .flatMap((name) => sessionFrom({ sso_session: name.slice(sessionPrefix.length) }, sections) ?? []);
  const older = names.flatMap((name) =>
    sections[name]?.sso_session === undefined ? (sessionFrom(sections[name] ?? {}, sections) ?? []) : [],
  );
  const own = [...new Map([...older.reverse(), ...named].map((one) => [one.name, one])).values()];
  const known = new Set(own.map(({ startUrl }) => bareUrl(startUrl)));
  const portals = (parts.organisation?.().portals ?? []).filter(
    ({ startUrl }) => !known.has(bareUrl(startUrl)),
  );
  const sessions = [
    ...own,
    ...[...Map.groupBy(portals, ({ startUrl }) => bareUrl(startUrl)).values()].flatMap(([one]) =>
      one === undefined ? [] : [portalSession(one)],
    ),
  ];
  if (profiles.length > 0 || !loginVariables.some((name) => (parts.env[name] ?? '') !== '')) {
    return { profiles, sessions };
  }
  const environment: AwsPrincipal = {
    way: { kind: 'profile', name: environmentProfile },
    title: 'The AWS environment',
    key: environmentProfile,
    region: parts.env.AWS_REGION ?? parts.env.AWS_DEFAULT_REGION,
    endpoint: undefined,
    role: undefined,
    tokenFile: parts.env.AWS_WEB_IDENTITY_TOKEN_FILE || undefined,
    login: { kind: 'other' },
  };
  return { profiles: [environment], sessions };
}

/** The way in that a role of Identity Center is. */
export function rolePrincipal(role: AwsRole): AwsPrincipal {
  const { session, account, name } = role;
  return {
    way: { kind: 'sso', session: session.name, account, role: name },
    title: `Role ${name} of account ${account} (Identity Center ${session.name})`,
    key: roleKey(role),
    region: session.region,
    endpoint: undefined,
    role,
    login: { kind: 'sso', session: session.name, toLogIn: session.toLogIn, signIn: session },
  };
}

function roleKey({ session, account, name }: AwsRole): string {
  return `role ${session.startUrl} ${account} ${name}`;
}

export function awsFiles({ env, home }: Pick<AwsParts, 'env' | 'home'>) {
  return {
    configFilepath: env.AWS_CONFIG_FILE || path.join(home, '.aws', 'config'),
    filepath: env.AWS_SHARED_CREDENTIALS_FILE || path.join(home, '.aws', 'credentials'),
  };
}

/**
 * Whether what they say of profiles can be taken at its word: one is there, and none that is there could not be read.
 * (The SDK takes one that it cannot read for an empty one.)
 */
export async function hasAwsFiles(parts: Pick<AwsParts, 'env' | 'home'>): Promise<boolean> {
  const tries = await Promise.allSettled(
    Object.values(awsFiles(parts)).map((file) => access(file, constants.R_OK)),
  );
  return (
    tries.some(({ status }) => status === 'fulfilled') &&
    tries.every((one) => one.status === 'fulfilled' || errnoOf(one.reason) === 'ENOENT')
  );
}

function profileFrom(name: string, sections: Sections): AwsPrincipal {
  const section = sections[name] ?? {};
  const { role_arn, sso_account_id: account, sso_role_name: roleName } = section;
  const session = role_arn === undefined ? sessionFrom(section, sections) : undefined;
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
    tokenFile: chain.map(([, one]) => one.web_identity_token_file).find((file) => file !== undefined),
    process: processOf(name, sections),
    login: loginOf(chain, sections),
  };
}

/** The sign-in that a section speaks of, where all is said that it takes. */
function sessionFrom(section: Section, sections: Sections): AwsSession | undefined {
  const { sso_session: name } = section;
  const own: Section = name === undefined ? section : (sections[`${sessionPrefix}${name}`] ?? {});
  const { sso_start_url: startUrl, sso_region: region, sso_registration_scopes: scopes } = own;
  if (startUrl === undefined || region === undefined) return undefined;
  return {
    name: name ?? startUrl,
    startUrl,
    region,
    named: name !== undefined,
    ...(name === undefined || scopes === undefined ? {} : { scopes: scopeList(scopes) }),
    toLogIn: toLogIn(name ?? startUrl),
  };
}

function scopeList(text: string): readonly string[] {
  return text
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
}

function toLogIn(session: string): string {
  // What hides in a name is not to be pasted; one sign-in alone needs no name.
  if (hasUnseen(session)) return '`k8s-tunnels login aws`';
  return `\`${command`k8s-tunnels login aws ${session}`}\``;
}

/** A portal that the AWS configuration does not name. */
function portalSession({ startUrl, region }: AwsOrganisation['portals'][number]): AwsSession {
  return {
    name: startUrl,
    startUrl,
    region,
    named: false,
    toLogIn: toLogIn(startUrl),
  };
}

/** An address of a portal is one with or without its last slash or fragment. */
export function bareUrl(url: string): string {
  let end = url.length;
  while (end > 0 && '/#'.includes(url[end - 1] ?? ' ')) end -= 1;
  return url.slice(0, end).toLowerCase();
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

function loginOf(chain: ReturnType<typeof chainOf>, sections: Sections): AwsPrincipal['login'] {
  for (const [profile, section] of chain) {
    const session = section.sso_session ?? section.sso_start_url;
    if (session !== undefined)
      return { kind: 'sso', session, toLogIn: toLogIn(session), signIn: sessionFrom(section, sections) };
    if (section.login_session !== undefined)
      return { kind: 'console', profile, session: section.login_session };
  }
  return { kind: chain.some(([, { mfa_serial }]) => mfa_serial !== undefined) ? 'mfa' : 'other' };
}
