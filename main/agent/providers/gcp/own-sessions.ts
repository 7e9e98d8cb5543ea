import { z } from 'zod';
import { anyAccount } from '../../../model/any-account.ts';
import type { SignInFile } from '../../sealing/sign-in-file.ts';

const sessionSchema = z.looseObject({
  account: z.string().optional().catch(undefined),
  client_email: z.string().optional().catch(undefined),
});
const fileSchema = sessionSchema.extend({ others: z.array(sessionSchema).optional().catch(undefined) });

/** The name of our session, unless there are several: then each is named by its account. */
export const onlySession = anyAccount.gcp;

/** The user fields of `application_default_credentials.json`, as far as we read them. */
const keptSchema = z.looseObject({
  type: z.string(),
  account: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  refresh_token: z.string().optional(),
  client_email: z.string().optional(),
});

/** An account of `k8s-tunnels login gcp`. */
export interface OwnSession {
  /** Its email address; empty if Google did not name it. */
  readonly account: string;
  /** Its credentials, in the format of application-default credentials. */
  readonly text: string;
}

/**
 * Returns the accounts in the order of their first logins. The file has the credentials of the first one, so that earlier
 * versions can read it, and those of the others in its field `others`. Rejects with `login-sealed` or `file-unreadable`.
 */
export async function readOwnSessions(file: SignInFile | undefined): Promise<readonly OwnSession[]> {
  const text = await file?.read();
  if (text === undefined) return [];
  const stored = fileSchema.safeParse(jsonOf(text)).data;
  // Who uses it says that it is damaged.
  if (stored === undefined) return [{ account: '', text }];
  const { others = [], ...first } = stored;
  return [first, ...others].map((one) => ({
    account: one.account || one.client_email || '',
    text: JSON.stringify(one),
  }));
}

/** Stores the credentials of an account, in place of those that it had. The other accounts remain. */
export async function keepOwnSession(file: SignInFile, kept: { readonly account: string }): Promise<void> {
  // What cannot be opened now is set aside by the file itself.
  const before = (await readOwnSessions(file).catch(() => [])).filter(
    ({ text }) => keptIn(text) !== undefined,
  );
  const own = { account: kept.account, text: JSON.stringify(kept) };
  const at = before.findIndex(({ account }) => account === kept.account);
  await writeOwnSessions(file, at < 0 ? [...before, own] : before.with(at, own));
}

/** Replaces all accounts; there must be at least one. */
export async function writeOwnSessions(file: SignInFile, sessions: readonly OwnSession[]): Promise<void> {
  const [first = {}, ...others] = sessions.map(({ text }) => jsonOf(text) as object);
  await file.write(JSON.stringify({ ...first, ...(others.length === 0 ? {} : { others }) }, null, 2));
}

/** Returns how a session of ours is called. */
export function sessionName(sessions: readonly OwnSession[], account: string): string {
  return (sessions.length > 1 && account) || onlySession;
}

/** Returns the fields of credentials; undefined if they are damaged. */
export function keptIn(text: string): z.infer<typeof keptSchema> | undefined {
  return keptSchema.safeParse(jsonOf(text)).data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
