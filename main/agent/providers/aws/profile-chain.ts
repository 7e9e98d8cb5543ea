import { partitionOf } from '../../../model/aws-partitions.ts';
import type { AwsPrincipal } from './profiles.ts';
import { partitionOfArn, regionsIn } from './regions.ts';
import { type AwsSession, type Section, type Sections, sessionFrom, toLogIn } from './sessions.ts';

/**
 * Returns a profile's region. If it names none, one of the partition where its credentials are known: that of its role,
 * else of the profile or session where it logs in.
 */
export function regionOf(
  chain: readonly (readonly [string, Section])[],
  session: AwsSession | undefined,
): string | undefined {
  const [own, ...sources] = chain.map(([, section]) => section);
  const partition = partitionOfArn(own?.role_arn ?? '');
  const known = [own?.region, ...sources.map(({ region }) => region), session?.region];
  return (
    known.find(
      (region) => region !== undefined && (partition === undefined || partitionOf(region) === partition),
    ) ??
    (partition && regionsIn(partition)[0])
  );
}

/** Returns a profile and its `source_profile` chain, down to the one where the user logs in. */
export function chainOf(name: string, sections: Sections): readonly (readonly [string, Section])[] {
  const chain = new Map<string, Section>();
  for (let next: string | undefined = name; next !== undefined && !chain.has(next); ) {
    const section: Section = sections[next] ?? {};
    chain.set(next, section);
    next = section.source_profile;
  }
  return [...chain];
}

export function loginOf(chain: ReturnType<typeof chainOf>, sections: Sections): AwsPrincipal['login'] {
  for (const [profile, section] of chain) {
    const session = section.sso_session ?? section.sso_start_url;
    if (session !== undefined)
      return { kind: 'sso', session, toLogIn: toLogIn(session), signIn: sessionFrom(section, sections) };
    if (section.login_session !== undefined)
      return { kind: 'console', profile, session: section.login_session };
  }
  return { kind: chain.some(([, { mfa_serial }]) => mfa_serial !== undefined) ? 'mfa' : 'other' };
}
