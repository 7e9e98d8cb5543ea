import { AppError } from '../../agent/app-error.ts';
import type { Account } from '../../agent/logins/account.ts';
import { type LoginProviderKind, loginProviders } from '../../agent/logins/login-providers.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLoginNotes } from '../login-notes.ts';
import { writeJson, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { paint } from '../terminal.ts';
import { accountState, accountTitle } from './accounts.ts';

export interface LoginFlags {
  readonly deviceCode?: true;
}

/** Signs in, in the browser, by a code, or with a password that is asked for here. */
export async function runLogin(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  { deviceCode }: LoginFlags,
): Promise<number> {
  const { client, json, progress, signal } = session;
  const account = await chooseAccount(session, provider, name, 'login');
  const asked = account.asks === 'password' ? { password: await askPassword(account, json) } : {};
  const noBrowser = (process.env.K8S_TUNNELS_NO_BROWSER ?? '') !== '';
  const notes = createLoginNotes(progress);
  progress.update(`Signing in to ${accountTitle(account)}`);
  try {
    const snapshot = await client.subscribe((change) => {
      if (change.kind === 'logins') notes.show(change.logins);
    });
    notes.show(snapshot.logins);
    const result = await client.call(
      'login',
      {
        provider: account.provider,
        session: account.session,
        ...(deviceCode || noBrowser ? { deviceCode: true as const } : {}),
        ...asked,
      },
      { signal },
    );
    progress.end();
    if (json) writeJson(result);
    else
      writeLines([
        `${paint('green', '✓')} ${accountTitle(result.account)}: ${accountState(result.account, Date.now())}`,
      ]);
    return exitCodes.ok;
  } finally {
    notes.end();
  }
}

/**
 * The one of ours that is meant. Rejects with `bad-input` where there are several and nobody can be asked, and with
 * `not-found`.
 */
export async function chooseAccount(
  { client, json, progress, orInterrupted }: Session,
  provider: string | undefined,
  name: string | undefined,
  purpose: 'login' | 'logout',
): Promise<Account & { readonly provider: LoginProviderKind }> {
  const kinds = loginProviders;
  if (provider !== undefined && !kinds.some((kind) => kind === provider)) {
    throw new AppError(
      'bad-input',
      `There is nothing to sign in to that is called ${JSON.stringify(provider)}.`,
      {
        hint: `There is ${kinds.join(', ')}.`,
      },
    );
  }
  const { accounts } = await orInterrupted(client.call('accounts', {}));
  progress.end();
  const possible = accounts.flatMap((account) => {
    const kind = kinds.find((one) => one === account.provider);
    const fits =
      account.ours &&
      (provider === undefined || provider === kind) &&
      (name === undefined || name === account.session || isTeam(name, account)) &&
      (purpose === 'login' || account.status !== 'signed-out');
    return kind !== undefined && fits ? [{ ...account, provider: kind }] : [];
  });
  const kind = kinds.find((one) => one === provider);
  // The agent knows whether it is a name; of Azure any tenant is one.
  if (possible.length === 0 && kind !== undefined && name !== undefined && purpose === 'login')
    return {
      provider: kind,
      session: name,
      status: 'signed-out',
      renews: false,
      store: '',
      asks: 'browser',
      ours: true,
    };
  const [only, ...more] = possible;
  if (only === undefined) {
    const where = [provider, name].filter((part) => part !== undefined).join(' ');
    throw new AppError(
      'not-found',
      purpose === 'login'
        ? `There is nothing to sign in to${where && `: ${where}`}.`
        : `You are not signed in${where && `: ${where}`}.`,
      {
        hint: 'See `k8s-tunnels accounts`; what is missing comes from ~/.aws/config, VAULT_ADDR or `k8s-tunnels setup`.',
      },
    );
  }
  if (more.length === 0) return only;
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    const names = possible.map((account) => `${account.provider} ${account.session}`).join(', ');
    throw new AppError('bad-input', 'There are several: say which.', { hint: `They are ${names}.` });
  }
  const { select, isCancel } = await import('@clack/prompts');
  const answer = await select({
    message: purpose === 'login' ? 'Sign in to' : 'Sign out of',
    options: possible.map((account, at) => ({
      value: at,
      label: accountTitle(account),
      hint: accountState(account, Date.now()),
    })),
  });
  const chosen = isCancel(answer) ? undefined : possible[answer];
  if (chosen === undefined) throw new AppError('cancelled', 'Nothing was changed.');
  return chosen;
}

/** People call an organisation of Access by the first word of its domain. */
function isTeam(name: string, { provider, session }: Account): boolean {
  return provider === 'access' && session === `${name}.cloudflareaccess.com`;
}

async function askPassword(account: Account, json: boolean) {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new AppError(
      'bad-input',
      `${accountTitle(account)} asks for a password, and there is no terminal to ask in.`,
      {
        hint: 'Run it in a terminal.',
      },
    );
  }
  const { password: askHidden, text: askText, isCancel } = await import('@clack/prompts');
  const username = await askText({
    message: `User name for ${accountTitle(account)}`,
    initialValue: account.who ?? '',
  });
  const password = isCancel(username) ? username : await askHidden({ message: 'Password' });
  if (isCancel(username) || isCancel(password)) throw new AppError('cancelled', 'Nothing was changed.');
  return { username, password };
}
