import type { AwsCredentialIdentity } from '@smithy/types';
import type { AwsProcess } from './credential-process.ts';
import type { AwsRole } from './profiles.ts';
import { type Section, type Sections, sessionFrom } from './sessions.ts';

/**
 * How a profile gets credentials, where that is not left to the SDK: it would run a process without a limit, read the
 * environment of this process in place of the caller's, cannot ask for an MFA code, and does not find every profile that
 * `readAwsSections` does.
 */
export interface AwsChain {
  readonly source:
    | ({ readonly kind: 'process' } & AwsProcess)
    | { readonly kind: 'environment' }
    | { readonly kind: 'role'; readonly role: AwsRole }
    | {
        readonly kind: 'token-file';
        readonly file: string;
        readonly role: string;
        readonly sessionName: string | undefined;
      }
    | { readonly kind: 'keys'; readonly keys: AwsCredentialIdentity };
  /** The roles to assume, in that order. */
  readonly roles: readonly Section[];
  /** The MFA device that a role of the chain asks for. */
  readonly mfaSerial: string | undefined;
}

/**
 * Returns the chain of a profile, by the SDK's own rules (`@aws-sdk/credential-provider-ini`: `resolveProfileData`);
 * undefined if the SDK gets its credentials.
 */
export function roleChainOf(name: string, sections: Sections): AwsChain | undefined {
  const roles: Section[] = [];
  const seen = new Set<string>();
  const chain = (source: AwsChain['source']): AwsChain => ({
    source,
    roles,
    mfaSerial: roles.map(({ mfa_serial: serial }) => serial).find((serial) => serial !== undefined),
  });
  for (let profile = name; ; ) {
    const section = sections[profile];
    if (section === undefined || seen.has(profile)) return undefined;
    seen.add(profile);
    const { role_arn: role, source_profile: source, credential_source: other } = section;
    const keys = keysIn(section);
    if (seen.size === 1 || keys === undefined) {
      if (role !== undefined && (source === undefined) !== (other === undefined)) {
        roles.unshift(section);
        // A profile may begin with its own keys.
        if (source === profile && keys !== undefined) return chain({ kind: 'keys', keys });
        if (source !== undefined) profile = source;
        else return other === 'Environment' ? chain({ kind: 'environment' }) : undefined;
        continue;
      }
    }
    if (keys !== undefined) return chain({ kind: 'keys', keys });
    const { web_identity_token_file: file, role_session_name: sessionName } = section;
    if (file !== undefined && role !== undefined)
      return chain({ kind: 'token-file', file, role, sessionName });
    const command = section.credential_process;
    if (command !== undefined) return chain({ kind: 'process', profile, command });
    const session = sessionFrom(section, sections);
    const { sso_account_id: account, sso_role_name: roleName } = section;
    if (session === undefined || account === undefined || roleName === undefined || roles.length === 0)
      return undefined;
    return chain({ kind: 'role', role: { session, account, name: roleName } });
  }
}

function keysIn(section: Section): AwsCredentialIdentity | undefined {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = section;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const { aws_session_token: sessionToken, aws_account_id: accountId } = section;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(accountId === undefined ? {} : { accountId }),
  };
}
