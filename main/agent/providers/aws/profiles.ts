import { createHash } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../../model/app-error.ts';
import type { AwsWay } from '../../../model/cluster.ts';
import type { Environment } from '../../parts.ts';
import { fileStamp } from '../../storage/file-stamp.ts';
import { readAwsSections } from './config-files.ts';
import { accountIn, environmentPrincipal } from './environment.ts';
import { loginKeysOf } from './login-keys.ts';
import { chainOf, loginOf, regionOf } from './profile-chain.ts';
import { type ProfileProblem, profileProblem } from './profile-problem.ts';
import { type AwsChain, roleChainOf } from './role-chain.ts';
import {
  type AwsSession,
  bareUrl,
  portalSession,
  type Section,
  type Sections,
  sessionFrom,
  sessionPrefix,
} from './sessions.ts';

/** A role of an account for which Identity Center gives credentials. */
export interface AwsRole {
  readonly session: AwsSession;
  readonly account: string;
  readonly name: string;
}

/** A way into AWS that this computer is configured for: a profile, or a role that Identity Center grants. */
export interface AwsPrincipal {
  readonly way: AwsWay;
  /** Names it at the beginning of a sentence. */
  readonly title: string;
  /** The same for principals that log in alike: what determines their credentials, with no secret in plain text. */
  readonly key: string;
  readonly region: string | undefined;
  /** The endpoint of its services, if not AWS's own. */
  readonly endpoint: string | undefined;
  /** Those of single services, by their names in the configuration, for example `eks`. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  /** The account that it reaches, if the configuration says so. */
  readonly account?: string | undefined;
  /** The name of the role that it assumes, if it does. */
  readonly roleName?: string | undefined;
  /** The Identity Center role, if that is its only login. */
  readonly role: AwsRole | undefined;
  /** The file of its web identity token. */
  readonly tokenFile?: string | undefined;
  /** How it logs in, if the SDK does not do that. */
  readonly chain?: AwsChain | undefined;
  /** Why it cannot log in. */
  readonly problem?: ProfileProblem | undefined;
  /** How it logs in, where that changes how the user fixes a failure. */
  readonly login:
    | {
        readonly kind: 'sso';
        readonly session: string;
        readonly toLogIn: string;
        /** Undefined if the configuration is incomplete. */
        readonly signIn: AwsSession | undefined;
      }
    | { readonly kind: 'console'; readonly profile: string; readonly session: string }
    | { readonly kind: 'mfa' }
    | { readonly kind: 'other' };
}

/** The region for STS if nothing names one: the answer is the same in every region of the commercial partition. */
export const anyRegion = 'us-east-1';

export interface AwsParts {
  readonly env: Environment;
  readonly home: string;
  /** Returns the current organisation's values. */
  readonly organisation?: (() => AwsOrganisation) | undefined;
}

/** An organisation's configuration for AWS accounts. */
export interface AwsOrganisation {
  /** The access portals of the organisation and the user, in addition to those of the AWS configuration. */
  readonly portals: readonly { readonly startUrl: string; readonly region: string }[];
  /** The role names to use, best first. */
  readonly roles: readonly string[];
  /** The role or profile that the user chose for an account, by its ID. */
  readonly chosen?: Readonly<Record<string, string>>;
}

/** Every profile that can log in, and every session of Identity Center. */
export interface AwsConfiguration {
  readonly profiles: readonly AwsPrincipal[];
  readonly sessions: readonly AwsSession[];
  /** The names of all profiles of the files, of those too that cannot log in. */
  readonly names: readonly string[];
}

/** Returns a stamp that changes with the AWS configuration, without reading the files. */
export async function awsConfigurationStamp(parts: AwsParts): Promise<string> {
  const files = Object.values(awsFiles(parts));
  return [JSON.stringify(parts.organisation?.() ?? {}), ...(await Promise.all(files.map(fileStamp)))].join(
    '\n',
  );
}

/**
 * Reads the AWS configuration: the credentials of the environment if there are some, every profile that can log in, and
 * every session of Identity Center, the organisation's included.
 */
export async function awsConfiguration(parts: AwsParts): Promise<AwsConfiguration> {
  const files = awsFiles(parts);
  const sections = await readAwsSections(files);
  const names = Object.keys(sections).filter(
    (name) => !name.startsWith(sessionPrefix) && !name.startsWith('services.'),
  );
  const profiles = names
    .filter((name) => loginKeysOf(sections[name] ?? {}).length > 0)
    .map((name) => profileFrom(name, sections, `${files.configFilepath} or ${files.filepath}`));
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
  const environment = environmentPrincipal(parts.env);
  return { profiles: environment === undefined ? profiles : [environment, ...profiles], sessions, names };
}

/** Returns the principal of an Identity Center role. */
export function rolePrincipal(role: AwsRole): AwsPrincipal {
  const { session, account, name } = role;
  return {
    way: { kind: 'sso', session: session.name, account, role: name },
    title: `Role ${name} of account ${account} (Identity Center ${session.name})`,
    key: roleKey(role),
    region: session.region,
    endpoint: undefined,
    account,
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
 * Returns whether the absence of a profile in the files can be trusted: at least one file is there, and every existing
 * one is readable. (The SDK treats an unreadable file as empty.)
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

/** Service-specific endpoints: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html. */
function endpointsOf(section: Section, sections: Sections): Pick<AwsPrincipal, 'endpoint' | 'endpoints'> {
  if (section.ignore_configured_endpoint_urls?.toLowerCase() === 'true') return { endpoint: undefined };
  const { endpoint_url: endpoint, services } = section;
  if (services === undefined) return { endpoint };
  const named = Object.entries(sections[`services.${services}`] ?? {});
  const endpoints = named.flatMap(([key, url = '']) => {
    const [, service] = /^(\w+)\.endpoint_url$/.exec(key) ?? [];
    return service === undefined ? [] : [[service, url] as const];
  });
  return { endpoint, endpoints: Object.fromEntries(endpoints) };
}

function profileFrom(name: string, sections: Sections, places: string): AwsPrincipal {
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
    region: regionOf(chain, session),
    ...endpointsOf(section, sections),
    account: accountIn(role_arn) ?? account,
    roleName: role_arn?.slice(role_arn.lastIndexOf('/') + 1) ?? roleName,
    role,
    tokenFile: chain.map(([, one]) => one.web_identity_token_file).find((file) => file !== undefined),
    chain: roleChainOf(name, sections),
    problem: profileProblem(name, sections, places),
    login: loginOf(chain, sections),
  };
}
