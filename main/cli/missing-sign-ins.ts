import type { Account } from '../model/account.ts';
import { type PlainError, toPlainError } from '../model/app-error.ts';
import { isInBrowser, missingSignIns, signInToAll } from '../model/next-sign-in.ts';
import { listed } from '../model/wording.ts';
import { accountTitle } from './commands/accounts.ts';
import { loginCommand } from './login-command.ts';
import { writeAside } from './report.ts';
import type { Session } from './session.ts';
import { signIn } from './sign-in.ts';
import { hasTerminal, paint } from './terminal.ts';

const patienceMs = 1_000;

interface Failed {
  readonly account: Account;
  readonly error: PlainError;
}

/**
 * Signs in to every account that lacks a session, one after another in one browser tab. Failures are in the result. Rejects
 * only on Ctrl-C.
 */
export async function signInToMissing(
  session: Session,
  how: {
    readonly deviceCode?: true | undefined;
    readonly onDone?: (account: Account) => void;
    /** Stops when this resolves with true. Skips Cloudflare Access, which a connection signs in to. */
    readonly until?: () => Promise<boolean>;
  } = {},
): Promise<{ readonly signedIn: readonly Account[]; readonly failed: readonly Failed[] }> {
  const { client, json, progress, signal, orInterrupted } = session;
  const { until, deviceCode } = how;
  const signedIn: Account[] = [];
  const failed: Failed[] = [];
  await signInToAll({
    accounts: async () => (await orInterrupted(client.call('accounts', {}))).accounts,
    canBegin: ({ provider, asks }) =>
      (until === undefined || provider !== 'access') && (isInBrowser(asks) || (!json && hasTerminal())),
    async signIn(account, isFollowed) {
      try {
        const now = await signIn(session, account, { deviceCode, isFollowed });
        signedIn.push(now);
        how.onDone?.(now);
        return 'done';
      } catch (error) {
        if (signal.aborted) throw error;
        const plain = toPlainError(error);
        if (plain.code === 'cancelled') return 'cancelled';
        failed.push({ account, error: plain });
        return 'failed';
      }
    },
    async discover() {
      progress.update('Discovering clusters');
      await orInterrupted(client.call('discover', {}));
      progress.end();
    },
    ...(until === undefined ? {} : { isEnough: until }),
  });
  return { signedIn, failed };
}

/**
 * Offers to sign in to the accounts that lack a session; without a terminal, prints the commands instead. Resolves with
 * true if the user has signed in to one. `until` is that of `signInToMissing`.
 */
export async function offerSignIns(
  session: Session,
  {
    until = async () => false,
    says = true,
  }: {
    readonly until?: () => Promise<boolean>;
    /** False if an error names the missing sessions already. */
    readonly says?: boolean;
  } = {},
): Promise<boolean> {
  const missing = (await missingOf(session)).filter(({ provider }) => provider !== 'access');
  session.progress.end();
  if (missing.length === 0) return false;
  if (session.json || !hasTerminal()) {
    if (says && !session.json) writeAside(missing.map(missingLine));
    return false;
  }
  const { confirm } = await import('@clack/prompts');
  const titles = missing.map(accountTitle);
  const answer = await confirm({
    message: `You are not signed in to ${listed(titles)}. Sign in now?`,
    initialValue: true,
  });
  if (answer !== true) {
    if (says) writeAside(missing.map(missingLine));
    return false;
  }
  const { signedIn, failed } = await signInToMissing(session, { until });
  writeAside(
    failed.map(
      ({ account, error }) =>
        `${paint('red', '✗', process.stderr)} ${accountTitle(account)}: ${error.message} ${error.hint ?? ''}`,
    ),
  );
  return signedIn.length > 0;
}

/** Resolves with the accounts that lack a session, or with none if the agent cannot list them. */
export async function missingOf({ client, orInterrupted }: Session): Promise<readonly Account[]> {
  return orInterrupted(client.call('accounts', {})).then(
    ({ accounts }) => missingSignIns(accounts),
    () => [],
  );
}

/** Resolves as `missingOf`, but with none after a second: a server that does not answer must not delay the command. */
export async function soonMissing(session: Session): Promise<readonly Account[]> {
  const late = Promise.withResolvers<readonly Account[]>();
  const timer = setTimeout(() => late.resolve([]), patienceMs);
  const missing = await Promise.race([missingOf(session), late.promise]);
  clearTimeout(timer);
  return missing.filter(({ provider }) => provider !== 'access');
}

/** Names an account without a session and the command that signs in. */
export function missingLine(account: Account): string {
  return `${paint('yellow', '!', process.stderr)} Not signed in to ${accountTitle(account)}: \`${loginCommand(account)}\``;
}
