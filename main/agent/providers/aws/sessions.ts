import type { AwsPortalSetting } from '../../../model/aws-portals.ts';
import { command } from '../../../model/command.ts';
import { hasUnseen } from '../../../model/plain-text.ts';

/** A session of IAM Identity Center that this computer is configured for. */
export interface AwsSession {
  /** The name of its `sso-session`, or its start URL if only profiles define it. */
  readonly name: string;
  readonly startUrl: string;
  readonly region: string;
  /** False for the older form, which is part of a profile. */
  readonly named: boolean;
  /** The configured scopes; undefined for the default. */
  readonly scopes?: readonly string[] | undefined;
  /** How the user signs in again: the end of a sentence that begins with "Run". */
  readonly toLogIn: string;
}

export type Section = Readonly<Record<string, string | undefined>>;
export type Sections = Readonly<Record<string, Section>>;

/** How the SDK's parser names the sections of sessions. */
export const sessionPrefix = 'sso-session.';

/** Returns the session of a section if its settings are complete. */
export function sessionFrom(section: Section, sections: Sections): AwsSession | undefined {
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

export function toLogIn(session: string): string {
  // Do not let the user paste invisible characters. A single session needs no name.
  if (hasUnseen(session)) return '`k8s-tunnels login aws`';
  return `\`${command`k8s-tunnels login aws ${session}`}\``;
}

/** Returns the session of a portal that the AWS configuration does not name. */
export function portalSession({ startUrl, region }: AwsPortalSetting): AwsSession {
  return {
    name: startUrl,
    startUrl,
    region,
    named: false,
    toLogIn: toLogIn(startUrl),
  };
}

/** Normalizes the address of a portal: removes trailing slashes and an empty fragment. */
export function bareUrl(url: string): string {
  let end = url.length;
  while (end > 0 && '/#'.includes(url[end - 1] ?? ' ')) end -= 1;
  return url.slice(0, end).toLowerCase();
}
