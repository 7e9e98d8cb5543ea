import type { AuthClient } from 'google-auth-library';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { Network } from '../../network/network.ts';
import type { Clock, Environment } from '../../parts.ts';
import { openGcpClient, principalOf } from './clients.ts';
import { adcFile, findCredentials, type GcpCredentialParts, storedCredentials } from './credential-files.ts';
import { signInError } from './errors.ts';
import { type GcpRenewal, renewalOf, withRenewal } from './renewal.ts';

/** The same inputs that gcloud and Google's libraries read. */
export interface GcpParts extends GcpCredentialParts {
  readonly network: Network;
  readonly clock: Clock;
  /** The account among several (`gcpAccounts`); undefined: the one that comes first. */
  readonly account?: string | undefined;
}

/** The user's access to Google for the next minutes. */
export interface GcpAccess {
  readonly token: string;
  /** The token's expiry, ms since the epoch, as Google reports it. */
  readonly expiresAt: number | undefined;
  /** `googleapis.com`, except in a sovereign or private cloud. */
  readonly universe: string;
  /** The project that is billed for calls without a project of their own. */
  readonly quotaProject: string | undefined;
  /** How the user names another: a sentence that begins with a verb. */
  readonly quotaHint: string;
  /** The project that the environment or the credentials name. */
  readonly project: string | undefined;
  /** Whose it is, at the beginning of a sentence. */
  readonly title: string;
  /** The other credentials on this computer, which do not apply. */
  readonly others: readonly string[];
  /** The account among several of our own sessions. */
  readonly session: string | undefined;
  readonly renewal: GcpRenewal;
  /** The accounts that the user can choose from; none if a variable names the credentials. */
  readonly choices: readonly string[];
}

export interface GcpSession {
  /**
   * Returns a token for the credentials that apply, from memory while it is valid; undefined if this computer has no
   * credentials. Rejects with `gcp-session-expired`, `gcp-failed`, `file-unreadable`, `login-sealed` or a network code.
   */
  access(): Promise<GcpAccess | undefined>;
  /** Call it when Google rejects a token: the next one is new. */
  forget(): void;
}

/** Fields of every kind of credentials file. */
const commonSchema = z.looseObject({
  type: z.string(),
  project_id: z.string().optional(),
  quota_project_id: z.string().optional(),
  universe_domain: z.string().optional(),
  account: z.string().optional().catch(undefined),
  client_email: z.string().optional().catch(undefined),
  service_account_impersonation_url: z.string().optional().catch(undefined),
});

/**
 * Reads the credentials that apply, again when their file changes. Only files count. The metadata server of a cloud VM is
 * not queried, because on a laptop that only costs time.
 */
export function createGcpSession(parts: GcpParts): GcpSession {
  const { env } = parts;
  let current: { readonly text: string; readonly client: Promise<AuthClient> } | undefined;

  return {
    async access() {
      const found = await findCredentials(parts, parts.account);
      if (found === undefined) return undefined;
      const { file, text } = found;
      const isNamed = (env.GOOGLE_APPLICATION_CREDENTIALS ?? '') !== '';
      const content = parse(text, file, isNamed);
      const { session } = found;
      const renewal = renewalOf({ type: content.type, file, isNamed, impersonated: impersonatedIn(content) });
      if (current?.text !== text)
        current = { text, client: openGcpClient({ parts, file, content, hint: renewal.hint }) };
      try {
        const client = await current.client;
        // The library caches the token and renews it five minutes early.
        const headers = await client.getRequestHeaders();
        const stored = await storedCredentials(parts);
        return {
          token: headers.get('authorization')?.replace(/^Bearer /, '') ?? '',
          expiresAt: client.credentials.expiry_date ?? undefined,
          universe: universeOf(content.universe_domain, env),
          quotaProject: env.GOOGLE_CLOUD_QUOTA_PROJECT || content.quota_project_id,
          quotaHint: quotaHint(parts, file),
          title: titleOf(content, file),
          others: stored.filter((one) => one.file !== file || one.text !== text).flatMap(titleIn),
          session,
          renewal,
          choices: isNamed ? [] : stored.flatMap(({ account }) => account || []),
          project: env.GOOGLE_CLOUD_PROJECT || env.CLOUDSDK_CORE_PROJECT || content.project_id,
        };
      } catch (error) {
        throw withRenewal(signInError({ error, type: content.type, file }), { session, renewal });
      }
    },
    forget() {
      current = undefined;
    },
  };
}

/** Returns the title of readable credentials. */
function titleIn({ file, text }: { readonly file: string; readonly text: string }): readonly string[] {
  try {
    return [titleOf(parse(text, file, false), file)];
  } catch {
    return [];
  }
}

/** Names the account, if the file does. */
function titleOf(content: z.infer<typeof commonSchema>, file: string): string {
  const { account, client_email: email } = content;
  const service = impersonatedIn(content) ?? email;
  if (service !== undefined) return `Google service account ${service}`;
  return account ? `Google account ${account}` : `The Google account of ${file}`;
}

function impersonatedIn({ service_account_impersonation_url: url }: z.infer<typeof commonSchema>) {
  return url === undefined ? undefined : principalOf(URL.parse(url)?.pathname ?? '') || undefined;
}

/** Google's variable takes precedence over the file; gcloud writes only its own file. */
function quotaHint(parts: GcpParts, file: string): string {
  const { GOOGLE_CLOUD_QUOTA_PROJECT: set = '' } = parts.env;
  if (set !== '') return 'Change GOOGLE_CLOUD_QUOTA_PROJECT to a project that you may use, or unset it.';
  if (file === adcFile(parts))
    return 'Run `gcloud auth application-default set-quota-project PROJECT` with a project that you may use.';
  return `Change quota_project_id in ${file} to a project that you may use.`;
}

function universeOf(inFile: string | undefined, env: Environment): string {
  return inFile || env.GOOGLE_CLOUD_UNIVERSE_DOMAIN || 'googleapis.com';
}

function parse(text: string, file: string, isNamed: boolean): z.infer<typeof commonSchema> {
  try {
    return commonSchema.parse(JSON.parse(text));
  } catch {
    // The parser's own message may quote a secret.
    throw new AppError('gcp-failed', `${file} holds no Google credentials.`, {
      hint: renewalOf({ type: '', file, isNamed, impersonated: undefined }).hint,
    });
  }
}
