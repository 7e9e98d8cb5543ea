import { loginKeysOf } from './login-keys.ts';
import { type Section, type Sections, sessionPrefix } from './sessions.ts';

/** Why a profile cannot log in, whatever AWS says. */
export interface ProfileProblem {
  readonly message: string;
  readonly hint: string;
}

const sources = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer'];

/**
 * Returns what is wrong with a profile, or with one that it goes on from; undefined if nothing is. Both the AWS command
 * line and the SDK refuse such a profile, the SDK without naming the setting; it takes a role_arn with keys beside it for
 * keys without a role, whose account is another one. `places` are the files, for the cure.
 */
export function profileProblem(name: string, sections: Sections, places: string): ProfileProblem | undefined {
  const seen = new Set<string>();
  for (let profile = name; ; ) {
    const section = sections[profile] ?? {};
    const problem = (what: string, cure: string): ProfileProblem => ({
      message: `AWS profile ${profile}${profile === name ? '' : `, from which AWS profile ${name} goes on,`} ${what}.`,
      hint: `${cure} in ${places}.`,
    });
    const { role_arn: role, source_profile: source, credential_source: other } = section;
    const hasKeys = section.aws_access_key_id !== undefined && section.aws_secret_access_key !== undefined;
    // The keys of a profile that another one goes on from come before its role.
    if (hasKeys && (seen.size > 0 || role === undefined || source === profile)) return undefined;
    seen.add(profile);
    if (role !== undefined && section.web_identity_token_file === undefined) {
      if (source !== undefined && other !== undefined)
        return problem('has both source_profile and credential_source', 'Remove one of them');
      if (source === undefined && other === undefined)
        return problem(
          'has a role_arn, but nothing to assume the role with',
          'Add source_profile, credential_source or web_identity_token_file',
        );
      if (other !== undefined)
        return sources.includes(other)
          ? undefined
          : problem(`has the credential_source ${other}`, `Write ${sources.join(', ')} or a source_profile`);
      if (sections[source ?? ''] === undefined)
        return problem(
          `has the source_profile ${source}, which does not exist`,
          `Correct it, or add the section [profile ${source}]`,
        );
      if (seen.has(source ?? ''))
        return problem(`has the source_profile ${source}, which leads back to it`, 'Correct source_profile');
      profile = source ?? '';
      continue;
    }
    const missing = missingIn(section, sections);
    if (missing !== undefined) return problem(missing.what, missing.cure);
    return loginKeysOf(section).length > 0
      ? undefined
      : problem('has nothing to log in with', 'Add its keys, its session or its credential_process');
  }
}

/** Returns what a section without a role lacks for the login that it begins. */
function missingIn(
  section: Section,
  sections: Sections,
): { readonly what: string; readonly cure: string } | undefined {
  const lacks = (key: string, beside: string) => ({
    what: `has ${beside} without ${key}`,
    cure: `Add ${key}`,
  });
  if (section.web_identity_token_file !== undefined)
    return section.role_arn === undefined ? lacks('role_arn', 'web_identity_token_file') : undefined;
  if (section.credential_process !== undefined || section.login_session !== undefined) return undefined;
  const { sso_session: session } = section;
  if (session !== undefined || section.sso_start_url !== undefined) {
    const named = session === undefined ? section : sections[`${sessionPrefix}${session}`];
    if (named === undefined)
      return {
        what: `has the sso_session ${session}, which does not exist`,
        cure: `Correct it, or add the section [sso-session ${session}] with sso_start_url and sso_region`,
      };
    const where = session === undefined ? 'sso_start_url' : `the sso_session ${session}`;
    const keys = ['sso_start_url', 'sso_region'].filter((key) => named[key] === undefined);
    const own = ['sso_account_id', 'sso_role_name'].filter((key) => section[key] === undefined);
    const [key] = [...keys, ...own];
    return key === undefined ? undefined : lacks(key, where);
  }
  if (section.aws_access_key_id !== undefined && section.aws_secret_access_key === undefined)
    return lacks('aws_secret_access_key', 'aws_access_key_id');
  return undefined;
}
