import type { Section } from './sessions.ts';

/** A section with any of these keys can log in; `[default]` often holds only a region. */
const loginKeys = [
  'aws_access_key_id',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
  'login_session',
];
/** Without an account and a role, they only name a session, for its login. */
const sessionKeys = ['sso_session', 'sso_start_url'];

/** Returns the keys with which a profile can log in to an account. */
export function loginKeysOf(section: Section): readonly string[] {
  const hasRole = section.sso_account_id !== undefined || section.sso_role_name !== undefined;
  return loginKeys.filter((key) => section[key] !== undefined && (hasRole || !sessionKeys.includes(key)));
}
