import { AppError } from '../../../model/app-error.ts';
import type { AwsConfiguration, AwsPrincipal } from './profiles.ts';
import { rolePrincipal } from './profiles.ts';

/**
 * Role names that are likely to have access to clusters, best first. If an organisation names its roles differently, it
 * or the user chooses one.
 */
const preference = [/k8s|kube|eks/i, /admin/i, /power/i, /develop/i, /read|view/i];

/** Returns how likely a role has access to clusters, 0 best. The order of a file says nothing about that. */
export function roleRank(name: string): number {
  const at = preference.findIndex((pattern) => pattern.test(name));
  return at < 0 ? preference.length : at;
}

/** Compares two profiles of one account: those that the organisation wants first, then by `roleRank`, then by name. */
export function compareProfiles(a: AwsPrincipal, b: AwsPrincipal, wanted: readonly string[]): number {
  const place = (principal: AwsPrincipal) => {
    const at = wanted.findIndex((name) => isCalled(principal, name));
    return at < 0 ? wanted.length : at;
  };
  return place(a) - place(b) || roleRank(roleOf(a)) - roleRank(roleOf(b)) || (a.title < b.title ? -1 : 1);
}

/** A role or profile that somebody chose for an account. */
export interface AwsChoice {
  readonly name: string;
  /** Who chose it: the end of a sentence. */
  readonly by: string;
}

/**
 * Returns the choice that applies to a cluster, the most specific first: the user's setting for its account, its tag,
 * then AWS_PROFILE if that profile reaches the account. `reaches` finds that out for one that discovery did not use.
 * Rejects with `aws-no-profile` if AWS_PROFILE names a profile that does not exist: no other identity may sign in its place.
 */
export async function choiceFor(options: {
  readonly setting: string | undefined;
  readonly tag: string | undefined;
  readonly variable: string | undefined;
  readonly principals: readonly AwsPrincipal[];
  /** All profiles of the configuration. */
  readonly names: readonly string[];
  readonly reaches: (profile: string) => Promise<boolean>;
}): Promise<AwsChoice | undefined> {
  const { setting, tag, variable = '', principals, names, reaches } = options;
  if (setting !== undefined) return { name: setting, by: 'the setting awsRoles' };
  if (tag !== undefined) return { name: tag, by: 'the tag role of the cluster' };
  // No tool of AWS misses the profile default.
  if (variable === '' || (variable === 'default' && !names.includes(variable))) return undefined;
  if (!names.includes(variable))
    throw new AppError('aws-no-profile', `AWS_PROFILE names the profile ${variable}, which does not exist.`, {
      hint: `Correct or unset AWS_PROFILE. There is: ${names.toSorted().join(', ') || 'none'}.`,
    });
  const isKnown = principals.some(({ way }) => way.kind === 'profile' && way.name === variable);
  return isKnown || (await reaches(variable)) ? { name: variable, by: 'AWS_PROFILE' } : undefined;
}

/**
 * Returns the principals of an account that a choice names. A role or profile that may not list clusters may still be
 * the one that their API accepts, so any that the configuration or Identity Center has counts.
 */
export function chosen(options: {
  readonly choice: AwsChoice;
  readonly account: string;
  readonly principals: readonly AwsPrincipal[];
  readonly configuration: AwsConfiguration;
}): readonly AwsPrincipal[] {
  const { choice, account, principals, configuration } = options;
  const known = principals.filter((principal) => isCalled(principal, choice.name));
  if (known.length > 0) return known;
  const profiles = configuration.profiles.filter(
    ({ way }) => way.kind === 'profile' && way.name === choice.name,
  );
  if (profiles.length > 0) return profiles;
  const sessions = new Set(principals.flatMap(({ way }) => (way.kind === 'sso' ? [way.session] : [])));
  return configuration.sessions
    .filter(({ name }) => sessions.has(name))
    .map((session) => rolePrincipal({ session, account, name: choice.name }));
}

/** Returns the name by which a choice names a principal. */
export function choiceName({ way }: Pick<AwsPrincipal, 'way'>): string {
  return way.kind === 'profile' ? way.name : way.role;
}

function isCalled(principal: AwsPrincipal, name: string): boolean {
  return (principal.way.kind === 'profile' && principal.way.name === name) || roleOf(principal) === name;
}

/** Returns the name of the role that a principal has in the account; that of its profile if it has none. */
function roleOf({ way, roleName }: AwsPrincipal): string {
  return roleName ?? choiceName({ way });
}
