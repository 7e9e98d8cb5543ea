import type { Account } from '../model/account.ts';
import { AppError } from '../model/app-error.ts';
import { accountTitle } from './commands/accounts.ts';
import { hasTerminal, printable } from './terminal.ts';

/**
 * Asks for what the user has to type. Rejects with `bad-input` if there is no terminal to ask in, and with `cancelled`.
 */
export function askSecret(
  account: Account & { readonly asks: 'password' | 'code' | 'token' },
  json: boolean,
): Promise<{ readonly username: string; readonly password: string }> {
  needTerminal(account, json, `a ${account.asks}`);
  switch (account.asks) {
    case 'password':
      return askPassword(account);
    case 'code':
      return askCode(account);
    case 'token':
      return askToken(account);
  }
}

function needTerminal(account: Account, json: boolean, what: string): void {
  if (!json && hasTerminal()) return;
  throw new AppError(
    'bad-input',
    `${accountTitle(account)} needs ${what}, and there is no terminal to ask for it.`,
    { hint: 'Run the command in a terminal.' },
  );
}

/** Asks for a code of an MFA device. AWS accepts each code once. */
async function askCode(account: Account) {
  const { text, isCancel } = await import('@clack/prompts');
  const code = await text({
    message: `Code of the MFA device ${printable(account.session)}`,
    validate: (typed = '') => (/^\d{6,8}$/.test(typed.trim()) ? undefined : 'Type the digits that it shows.'),
  });
  if (isCancel(code)) throw new AppError('cancelled', 'Nothing was changed.');
  return { username: account.session, password: code.trim() };
}

/** Asks for a token that somebody else issued. */
async function askToken(account: Account) {
  const { password: askHidden, isCancel } = await import('@clack/prompts');
  const token = await askHidden({ message: `Token of ${accountTitle(account)}` });
  if (isCancel(token)) throw new AppError('cancelled', 'Nothing was changed.');
  return { username: account.session, password: token };
}

async function askPassword(account: Account) {
  const { password: askHidden, text: askText, isCancel } = await import('@clack/prompts');
  const username = await askText({
    message: `User name for ${accountTitle(account)}`,
    initialValue: account.who ?? '',
  });
  const password = isCancel(username) ? username : await askHidden({ message: 'Password' });
  if (isCancel(username) || isCancel(password)) throw new AppError('cancelled', 'Nothing was changed.');
  return { username, password };
}
