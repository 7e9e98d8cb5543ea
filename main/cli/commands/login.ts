import type { Account } from '../../model/account.ts';
import { AppError } from '../../model/app-error.ts';
import { startUrlIn } from '../../model/aws-portals.ts';
import { type LoginProviderKind, loginProviders } from '../../model/login-providers.ts';
import { missingSignIns } from '../../model/next-sign-in.ts';
import { listed } from '../../model/wording.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { loginCommand } from '../login-command.ts';
import { signInToMissing } from '../missing-sign-ins.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { signIn } from '../sign-in.ts';
import { hasTerminal, paint } from '../terminal.ts';
import { accountState, accountTitle } from './accounts.ts';
import { keepingPortal, type Portal, portalGiven, typePortal } from './login-portal.ts';

export interface LoginFlags {
  readonly deviceCode?: true;
  /** Sign in to every account that lacks a session, one after another. */
  readonly all?: true;
  /** The region of an AWS access portal. */
  readonly region?: string;
}

type Chosen =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'portal'; readonly portal: Portal }
  | { readonly kind: 'all' };

/** Signs in, in the browser, with a device code or with a password prompt. */
export async function runLogin(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  flags: LoginFlags,
): Promise<number> {
  const { deviceCode, all, region } = flags;
  if (all && (provider !== undefined || region !== undefined))
    throw new AppError('bad-input', '--all cannot be combined with a provider or a region.');
  if (region !== undefined && (provider !== 'aws' || name === undefined))
    throw new AppError('bad-input', '--region works only with the start URL of an AWS access portal.', {
      hint: 'For example: k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1',
    });
  if (all) return runLoginAll(session, { deviceCode });
  const chosen = await choose(session, provider, name, region);
  if (chosen.kind === 'all') return runLoginAll(session, { deviceCode });
  const result =
    chosen.kind === 'account'
      ? await signIn(session, chosen.account, { deviceCode })
      : await keepingPortal(session, chosen.portal, (account) => signIn(session, account, { deviceCode }));
  if (session.json) writeJson({ account: result });
  else writeLines([signedInLine(result)]);
  return exitCodes.ok;
}

async function runLoginAll(
  session: Session,
  how: { readonly deviceCode?: true | undefined },
): Promise<number> {
  const { signedIn, failed } = await signInToMissing(session, {
    ...how,
    onDone: (account) => {
      if (!session.json) writeLines([signedInLine(account)]);
    },
  });
  if (session.json) writeJson({ signedIn, failed });
  else {
    if (signedIn.length + failed.length === 0) writeLines(['Already signed in everywhere.']);
    writeAside(failed.map(({ account, error }) => failedLine(account, error.message, error.hint)));
  }
  return failed.length === 0 ? exitCodes.ok : exitCodes.access;
}

function signedInLine(account: Account): string {
  return `${paint('green', '✓')} ${accountTitle(account)}: ${accountState(account, Date.now())}`;
}

function failedLine(account: Account, message: string, hint = ''): string {
  return `${paint('red', '✗', process.stderr)} ${accountTitle(account)}: ${message} ${hint}`.trimEnd();
}

/** Resolves the arguments to an account, a portal or all accounts. Rejects as `chooseAccount` does. */
async function choose(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  region: string | undefined,
): Promise<Chosen> {
  if (provider === 'aws' && name !== undefined) {
    const { accounts } = await session.orInterrupted(session.client.call('accounts', {}));
    const url = startUrlIn(name);
    const known = accounts.find(
      (one) =>
        one.provider === 'aws' &&
        (one.session === name || (url !== undefined && startUrlIn(one.session) === url)),
    );
    if (known !== undefined) return { kind: 'account', account: known };
    const portal = await portalGiven(session, { accounts, url: name, region });
    if (portal !== undefined) return { kind: 'portal', portal };
  }
  if (provider !== undefined) {
    const account = await chooseAccount(session, provider, name, 'login');
    if (account.blocked !== undefined) throw new AppError('bad-input', account.blocked);
    return { kind: 'account', account };
  }
  const { accounts } = await session.orInterrupted(session.client.call('accounts', {}));
  session.progress.end();
  const possible = accounts.filter(({ ours, blocked }) => ours && blocked === undefined);
  const missing = missingSignIns(possible);
  const others = possible.filter((account) => !missing.includes(account));
  const [only, ...more] =
    missing.length > 0 ? missing : others.filter(({ status }) => status !== 'signed-out');
  if (only !== undefined && more.length === 0) return { kind: 'account', account: only };
  if (session.json || !hasTerminal()) throw sayWhich(missing.length > 0 ? missing : others);
  const { select, isCancel } = await import('@clack/prompts');
  const label = (account: Account) => ({
    value: account,
    label: accountTitle(account),
    hint: accountState(account, Date.now()),
  });
  const answer = await select<Account | 'all' | 'portal'>({
    message: 'Sign in to',
    options: [
      ...(missing.length > 1
        ? [{ value: 'all' as const, label: 'Everything that is missing', hint: 'one after another' }]
        : []),
      ...[...missing, ...others].map(label),
      { value: 'portal' as const, label: 'AWS, with the start URL of your access portal' },
    ],
  });
  if (isCancel(answer)) throw new AppError('cancelled', 'Nothing was changed.');
  if (answer === 'all') return { kind: 'all' };
  return answer === 'portal'
    ? { kind: 'portal', portal: await typePortal() }
    : { kind: 'account', account: answer };
}

function sayWhich(accounts: readonly Account[]): AppError {
  const names = accounts.map((account) => `\`${loginCommand(account)}\``).join(', ');
  return accounts.length === 0
    ? new AppError('not-found', 'No accounts to sign in to yet.', { hint: nothingHint })
    : new AppError('bad-input', 'Name the account to sign in to.', {
        hint: accounts.some(({ needed }) => needed)
          ? `${names}, or \`k8s-tunnels login --all\`.`
          : `${names}.`,
      });
}

const nothingHint =
  'Configure from your organisation’s URL: `k8s-tunnels setup acme.example`. Or sign in to AWS with the start URL of your access portal: `k8s-tunnels login aws https://acme.awsapps.com/start --region eu-west-1`.';

type LoginAccount = Account & { readonly provider: LoginProviderKind };

/** Resolves with the accounts that the arguments match; those with a session, for `logout`. Rejects with `bad-input`. */
export async function matchingAccounts(
  { client, progress, orInterrupted }: Session,
  provider: string | undefined,
  name: string | undefined,
  purpose: 'login' | 'logout',
): Promise<readonly LoginAccount[]> {
  const kinds = loginProviders;
  if (provider !== undefined && !kinds.some((kind) => kind === provider)) {
    throw new AppError('bad-input', `There is no provider ${JSON.stringify(provider)}.`, {
      hint: `The providers are ${listed(kinds)}.`,
    });
  }
  const { accounts } = await orInterrupted(client.call('accounts', {}));
  progress.end();
  return accounts.flatMap((account) => {
    const kind = kinds.find((one) => one === account.provider);
    const fits =
      account.ours &&
      (provider === undefined || provider === kind) &&
      (name === undefined || name === account.session || isTeam(name, account) || isAt(name, account)) &&
      (purpose === 'login' || account.status !== 'signed-out');
    return kind !== undefined && fits ? [{ ...account, provider: kind }] : [];
  });
}

/**
 * Resolves with the account that the arguments name. Asks if several match. Rejects with `bad-input` if several match
 * and there is no terminal, and with `not-found`.
 */
export async function chooseAccount(
  session: Session,
  provider: string | undefined,
  name: string | undefined,
  purpose: 'login' | 'logout',
): Promise<LoginAccount> {
  const { client, json } = session;
  const possible = await matchingAccounts(session, provider, name, purpose);
  const kind = loginProviders.find((one) => one === provider);
  // Let the agent check the name: for Azure, any tenant is valid.
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
  const missing = purpose === 'login' ? missingSignIns(possible) : [];
  // Of several accounts, take the only one that lacks a session.
  const [only, ...more] = missing.length === 1 ? possible.filter((one) => missing.includes(one)) : possible;
  if (only === undefined) {
    if (purpose === 'login' && kind !== undefined) throw await nothingOf({ client }, kind);
    const where = [provider, name].filter((part) => part !== undefined).join(' ');
    throw new AppError('not-found', `You are not signed in${where && `: ${where}`}.`, {
      hint: 'See `k8s-tunnels accounts`.',
    });
  }
  if (more.length === 0) return only;
  if (json || !hasTerminal()) {
    const names = listed(possible.map((account) => `${account.provider} ${account.session}`));
    throw new AppError('bad-input', 'Several accounts match. Name one.', { hint: `They are ${names}.` });
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

/** Resolves with the agent's error for a provider without an account, which says how to add one. */
async function nothingOf({ client }: Pick<Session, 'client'>, provider: LoginProviderKind): Promise<unknown> {
  return client.call('login', { provider }).then(
    () => new AppError('not-found', `There is no account to sign in to: ${provider}.`),
    (error: unknown) => error,
  );
}

/** Accepts the address of a Vault, whose session is named by its host. */
function isAt(name: string, { provider, session }: Account): boolean {
  return provider === 'vault' && URL.parse(name)?.host === session;
}

/** Accepts the team name of an Access organisation, the first label of its domain. */
function isTeam(name: string, { provider, session }: Account): boolean {
  return provider === 'access' && session === `${name}.cloudflareaccess.com`;
}
