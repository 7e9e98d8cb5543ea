import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, errnoOf } from '../../../model/app-error.ts';
import { command } from '../../../model/command.ts';
import type { Environment } from '../../parts.ts';
import type { SignInFile } from '../../sealing/sign-in-file.ts';
import { unreadable } from '../../storage/unreadable.ts';
import { readOwnSessions } from './own-sessions.ts';

/** Where Google's credentials are on this computer. */
export interface GcpCredentialParts {
  readonly env: Environment;
  readonly home: string;
  /** Where `k8s-tunnels login gcp` stores its sessions. */
  readonly ownFile?: SignInFile | undefined;
}

/** The name of the application-default credentials among the accounts of a computer that has several. */
const applicationDefault = 'application-default';

export interface FoundCredentials {
  readonly file: string;
  readonly text: string;
  /** The account among several of our own sessions. */
  readonly session: string | undefined;
}

/**
 * Returns the credentials that apply: those of GOOGLE_APPLICATION_CREDENTIALS, else those of `account`, else the first of
 * our own sessions (a user who created one wants it used), else the application-default credentials. Rejects with
 * `gcp-session-expired` if `account` is not signed in, `file-unreadable` or `login-sealed`.
 */
export async function findCredentials(
  parts: GcpCredentialParts,
  account: string | undefined,
): Promise<FoundCredentials | undefined> {
  const { GOOGLE_APPLICATION_CREDENTIALS: named = '' } = parts.env;
  if (named !== '') return found(named, await readCredentials(named, true));
  if (account !== applicationDefault) {
    const own = await readOwnSessions(parts.ownFile);
    const session = account === undefined ? own[0] : own.find((one) => one.account === account);
    if (session !== undefined)
      return {
        ...session,
        file: parts.ownFile?.path ?? '',
        session: (own.length > 1 && session.account) || undefined,
      };
    if (account !== undefined) throw notSignedInAs(account);
  }
  const file = adcFile(parts);
  return found(file, await readCredentials(file, false));
}

/** Returns our own sessions and the application-default credentials. Leaves out what cannot be read. */
export async function storedCredentials(
  parts: GcpCredentialParts,
): Promise<readonly { readonly file: string; readonly text: string; readonly account: string }[]> {
  const file = adcFile(parts);
  const [own, text] = await Promise.all([
    readOwnSessions(parts.ownFile).catch(() => []),
    readCredentials(file, false).catch(() => undefined),
  ]);
  return [
    ...own.map((one) => ({ ...one, file: parts.ownFile?.path ?? '' })),
    ...(text === undefined ? [] : [{ file, text, account: applicationDefault }]),
  ];
}

/**
 * Returns the accounts to discover with, in the order in which they apply; undefined is the one that comes first, if
 * our own sessions have no second one. With a named file there is no other.
 */
export async function gcpAccounts(parts: GcpCredentialParts): Promise<readonly (string | undefined)[]> {
  if ((parts.env.GOOGLE_APPLICATION_CREDENTIALS ?? '') !== '') return [undefined];
  const accounts = (await storedCredentials(parts)).map(({ account }) => account);
  const own = accounts.filter((account) => account !== applicationDefault);
  const first = own.length > 1 ? own : [undefined];
  return own.length > 0 && own.length < accounts.length ? [...first, applicationDefault] : first;
}

/** Returns the file of the application-default credentials. */
export function adcFile(parts: Pick<GcpCredentialParts, 'env' | 'home'>): string {
  return path.join(gcloudFolder(parts), 'application_default_credentials.json');
}

/** Returns gcloud's configuration folder. */
export function gcloudFolder({ env, home }: Pick<GcpCredentialParts, 'env' | 'home'>): string {
  const standard =
    process.platform === 'win32' && env.APPDATA !== undefined
      ? path.join(env.APPDATA, 'gcloud')
      : path.join(home, '.config', 'gcloud');
  return env.CLOUDSDK_CONFIG || standard;
}

function found(file: string, text: string | undefined): FoundCredentials | undefined {
  return text === undefined ? undefined : { file, text, session: undefined };
}

async function readCredentials(file: string, named: boolean): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    if (named)
      throw unreadable(file, cause, { hint: 'Correct GOOGLE_APPLICATION_CREDENTIALS, or unset it.' });
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
}

function notSignedInAs(account: string): AppError {
  return new AppError('gcp-session-expired', `You are not signed in to Google as ${account}.`, {
    hint: `Run \`${command`k8s-tunnels login gcp ${account}`}\`, or \`k8s-tunnels discover\` to find what your other accounts reach.`,
    signIn: { provider: 'gcp', session: account },
  });
}
