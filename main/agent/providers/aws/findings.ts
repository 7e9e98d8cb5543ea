import type { Findings } from '../../../model/findings.ts';
import { type AwsParts, awsConfiguration } from './profiles.ts';

/** Returns the names of the profiles that can log in; none if the configuration cannot be read. */
export async function awsFindings(parts: AwsParts): Promise<Pick<Findings, 'awsProfiles'>> {
  const { profiles } = await awsConfiguration(parts).catch(() => ({ profiles: [] }));
  return { awsProfiles: profiles.flatMap(({ way }) => (way.kind === 'profile' ? [way.name] : [])) };
}
