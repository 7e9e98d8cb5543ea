import type { Account } from '../model/account.ts';
import { AppError } from '../model/app-error.ts';
import { hasBrowser } from '../model/may-open-browser.ts';
import { accountTitle } from './commands/accounts.ts';
import { createLoginNotes } from './login-notes.ts';
import type { Session } from './session.ts';
import { hasTerminal, printable } from './terminal.ts';

/**
 * Signs in to one account: in the browser, with a device code, or by what is typed. Resolves with the signed-in
 * account. Rejects as the agent's `login` does, and with `bad-input` if there is no terminal to ask for a password in.
 */
export async function signIn(
  { client, json, progress, signal }: Session,
  account: Account,
  { deviceCode, isFollowed }: { readonly deviceCode?: true | undefined; readonly isFollowed?: boolean } = {},
): Promise<Account> {
  const asked =
    account.asks === 'password'
      ? { password: await askPassword(account, json) }
      : account.asks === 'code' || account.asks === 'token'
        ? { password: await askOne(account, json) }
        : {};
  const notes = createLoginNotes(progress);
  progress.update(`Signing in to ${accountTitle(account)}`);
  try {
    const snapshot = await client.subscribe((change) => {
      if (change.kind === 'set' && change.values.logins) notes.show(change.values.logins);
    });
    notes.show(snapshot.logins);
    const result = await client.call(
      'login',
      {
        provider: account.provider,
        session: account.session,
        ...(deviceCode || !hasBrowser(process.env) ? { deviceCode: true as const } : {}),
        ...(isFollowed ? { isFollowed } : {}),
        ...asked,
      },
      { signal },
    );
    return result.account;
  } finally {
    progress.end();
    notes.end();
  }
}

/** Asks for a code of an MFA device, of which AWS accepts each once, or for an issued token. */
async function askOne(account: Account, json: boolean) {
  const { asks, session } = account;
  needTerminal(account, json, `a ${asks}`);
  const { text, password, isCancel } = await import('@clack/prompts');
  const typed = await (asks === 'token'
    ? password({ message: 'Token' })
    : text({
        message: `Code of the MFA device ${printable(session)}`,
        validate: (code = '') =>
          /^\d{6,8}$/.test(code.trim()) ? undefined : 'Type the digits that it shows.',
      }));
  if (isCancel(typed)) throw new AppError('cancelled', 'Nothing was changed.');
  return { username: session, password: typed.trim() };
}

function needTerminal(account: Account, json: boolean, what: string): void {
  if (!json && hasTerminal()) return;
  throw new AppError(
    'bad-input',
    `${accountTitle(account)} needs ${what}, and there is no terminal to ask for it.`,
    { hint: 'Run the command in a terminal.' },
  );
}

async function askPassword(account: Account, json: boolean) {
  needTerminal(account, json, 'a password');
  const { password: askHidden, text: askText, isCancel } = await import('@clack/prompts');
  const username = await askText({
    message: `User name for ${accountTitle(account)}`,
    initialValue: account.who ?? '',
  });
  const password = isCancel(username) ? username : await askHidden({ message: 'Password' });
  if (isCancel(username) || isCancel(password)) throw new AppError('cancelled', 'Nothing was changed.');
  return { username, password };
}
