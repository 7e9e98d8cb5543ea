import type { Account } from '../model/account.ts';
import { hasBrowser } from '../model/may-open-browser.ts';
import { accountTitle } from './commands/accounts.ts';
import { createLoginNotes } from './login-notes.ts';
import type { Session } from './session.ts';

/**
 * Signs in to one account: in the browser, with a device code, or with a prompt for a password, a code or a token. Resolves with the signed-in
 * account. Rejects as the agent's `login` does, and with `bad-input` if there is no terminal to ask for a password in.
 */
export async function signIn(
  { client, json, progress, signal }: Session,
  account: Account,
  { deviceCode }: { readonly deviceCode?: true | undefined } = {},
): Promise<Account> {
  const { asks } = account;
  const asked =
    asks === 'browser' || asks === 'nothing'
      ? {}
      : { password: await (await import('./sign-in-prompts.ts')).askSecret({ ...account, asks }, json) };
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
