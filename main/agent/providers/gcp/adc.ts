import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuthClient } from 'google-auth-library';
import { z } from 'zod';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import type { Network } from '../../network/network.ts';
import type { Clock, Environment } from '../../parts.ts';
import type { SignInFile } from '../../sealing/sign-in-file.ts';
import { unreadable } from '../../storage/unreadable.ts';
import { openGcpClient, principalOf } from './clients.ts';
import { gcpLoginHint, signInError } from './errors.ts';

/** The same inputs that gcloud and Google's libraries read. */
export interface GcpParts {
  readonly env: Environment;
  readonly home: string;
  readonly network: Network;
  readonly clock: Clock;
  /** Where `k8s-tunnels login gcp` stores its session. */
  readonly ownFile?: SignInFile | undefined;
  /** Which credentials to use; undefined: those that come first. */
  readonly account?: typeof secondAccount | undefined;
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
 * Reads the credentials that apply, again when their file changes: those of GOOGLE_APPLICATION_CREDENTIALS, else our
 * own session (a user who created one wants it used), else the application-default credentials. Only files count. The
 * metadata server of a cloud VM is not queried, because on a laptop that only costs time.
 */
export function createGcpSession(parts: GcpParts): GcpSession {
  const { env } = parts;
  let current: { readonly text: string; readonly client: Promise<AuthClient> } | undefined;

  return {
    async access() {
      const found = await findCredentials(parts);
      if (found === undefined) return undefined;
      const { file, text } = found;
      const content = parse(text, file);
      if (current?.text !== text) current = { text, client: openGcpClient({ parts, file, content }) };
      try {
        const client = await current.client;
        // The library caches the token and renews it five minutes early.
        const headers = await client.getRequestHeaders();
        return {
          token: headers.get('authorization')?.replace(/^Bearer /, '') ?? '',
          expiresAt: client.credentials.expiry_date ?? undefined,
          universe: universeOf(content.universe_domain, env),
          quotaProject: env.GOOGLE_CLOUD_QUOTA_PROJECT || content.quota_project_id,
          quotaHint: quotaHint(parts, file),
          title: titleOf(content, file),
          others: await othersThan(parts, file),
          project: env.GOOGLE_CLOUD_PROJECT || env.CLOUDSDK_CORE_PROJECT || content.project_id,
        };
      } catch (error) {
        throw signInError({ error, type: content.type, file });
      }
    },
    forget() {
      current = undefined;
    },
  };
}

/** Returns the titles of the credentials that would apply without those of `used`. Leaves out what cannot be read. */
async function othersThan(parts: GcpParts, used: string): Promise<readonly string[]> {
  const env = { ...parts.env, GOOGLE_APPLICATION_CREDENTIALS: '' };
  const without = { ...parts, env, account: undefined };
  const found = gcpCredentialFiles(without).map(async ({ file, own }) => {
    try {
      const text =
        file === used ? undefined : await (own === undefined ? readCredentials(file, false) : own.read());
      return text === undefined ? [] : [titleOf(parse(text, file), file)];
    } catch {
      return [];
    }
  });
  return (await Promise.all(found)).flat();
}

/** Names the account, if the file does. */
function titleOf(content: z.infer<typeof commonSchema>, file: string): string {
  const { account, client_email: email, service_account_impersonation_url: url } = content;
  const impersonated = url === undefined ? undefined : principalOf(URL.parse(url)?.pathname ?? '');
  const service = impersonated || email;
  if (service !== undefined) return `Google service account ${service}`;
  return account ? `Google account ${account}` : `The Google account of ${file}`;
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

async function findCredentials(parts: GcpParts) {
  for (const { file, named, own } of gcpCredentialFiles(parts)) {
    const text = await (own === undefined ? readCredentials(file, named) : own.read());
    if (text !== undefined) return { file, text };
  }
  return undefined;
}

/** The application-default credentials of a computer on which our own session comes first. */
export const secondAccount = 'application-default';

/** Returns the accounts besides the one that comes first: with a named file, there is no other. */
export async function gcpAccounts(parts: GcpParts): Promise<readonly (typeof secondAccount)[]> {
  const { GOOGLE_APPLICATION_CREDENTIALS: named = '' } = parts.env;
  const own = named === '' ? await parts.ownFile?.read().catch(() => undefined) : undefined;
  const other = await readCredentials(adcFile(parts), false).catch(() => undefined);
  return own === undefined || other === undefined ? [] : [secondAccount];
}

/**
 * Returns the files in order: the first that exists counts. `named` means that the user set this path, so the file must
 * exist.
 */
export function gcpCredentialFiles({
  env,
  home,
  ownFile,
  account,
}: Pick<GcpParts, 'env' | 'home' | 'ownFile' | 'account'>): readonly {
  readonly file: string;
  readonly named: boolean;
  /** Our session, which is read differently. */
  readonly own?: SignInFile;
}[] {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS ?? '';
  const own =
    ownFile === undefined || account !== undefined
      ? []
      : [{ file: ownFile.path, named: false, own: ownFile }];
  if (named !== '') return [{ file: named, named: true }];
  return [...own, { file: adcFile({ env, home }), named: false }];
}

function adcFile(parts: Pick<GcpParts, 'env' | 'home'>): string {
  return path.join(gcloudFolder(parts), 'application_default_credentials.json');
}

/** Returns gcloud's configuration folder. */
export function gcloudFolder({ env, home }: Pick<GcpParts, 'env' | 'home'>): string {
  const standard =
    process.platform === 'win32' && env.APPDATA !== undefined
      ? path.join(env.APPDATA, 'gcloud')
      : path.join(home, '.config', 'gcloud');
  return env.CLOUDSDK_CONFIG || standard;
}

async function readCredentials(file: string, named: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (named)
      throw unreadable(file, cause, { hint: 'Correct GOOGLE_APPLICATION_CREDENTIALS, or unset it.' });
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
}

function parse(text: string, file: string): z.infer<typeof commonSchema> {
  try {
    return commonSchema.parse(JSON.parse(text));
  } catch {
    // The parser's own message may quote a secret.
    throw new AppError('gcp-failed', `${file} holds no Google credentials.`, {
      hint: gcpLoginHint,
    });
  }
}
