import type { Account } from '../../model/account.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';
import { paint, printable } from '../terminal.ts';

const titles: Readonly<Record<Account['provider'], string>> = {
  access: 'Cloudflare Access',
  aws: 'AWS',
  gcp: 'Google Cloud',
  azure: 'Azure',
  vault: 'Vault',
  oidc: 'OpenID Connect',
};

/** Lists the sessions, their expiry and where each is stored. */
export async function runAccounts({ client, json, progress, orInterrupted }: Session): Promise<number> {
  progress.update('Loading sessions');
  const { accounts } = await orInterrupted(client.call('accounts', {}));
  progress.end();
  if (json) writeJson({ accounts });
  else if (accounts.length === 0) writeLines(['No accounts to sign in to yet.']);
  else writeLines(accountLines(accounts, Date.now()));
  return exitCodes.ok;
}

function accountLines(accounts: readonly Account[], now: number): readonly string[] {
  const rows = accounts.map((account) => [
    mark(account),
    titles[account.provider],
    printable(account.session),
    printable(account.who ?? ''),
    accountState(account, now),
    paint('dim', printable(account.store)),
  ]);
  const signedOut = accounts.some(({ ours, status }) => ours && status !== 'signed-in');
  const allowed = accounts.flatMap(({ session, allowed = [] }) =>
    allowed.map((server) => `${printable(server)} receives your ID token from ${printable(session)}.`),
  );
  return [...table(rows), ...allowed, ...(signedOut ? ['Run `k8s-tunnels login` to sign in.'] : [])];
}

function mark({ status }: Account): string {
  if (status === 'signed-in') return paint('green', '✓');
  return status === 'ended' ? paint('yellow', '!') : paint('dim', '·');
}

export function accountState({ status, endsAt, renews }: Account, now: number): string {
  if (status === 'signed-out') return 'not signed in';
  if (status === 'ended') return endsAt === undefined ? 'ended' : `ended ${span(now - endsAt)} ago`;
  if (renews) return 'signed in, renewed automatically';
  return endsAt === undefined ? 'signed in' : `signed in for ${span(endsAt - now)}`;
}

/** Returns the name of an account as users know it. */
export function accountTitle({
  provider,
  session,
}: {
  readonly provider: Account['provider'];
  readonly session?: string | undefined;
}): string {
  return session === undefined ? titles[provider] : `${titles[provider]} (${printable(session)})`;
}
