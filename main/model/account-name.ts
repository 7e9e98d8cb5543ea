import type { Cell } from './cluster.ts';

type Account = Pick<Cell, 'account' | 'accountName'>;

/** Returns an account's name, or its id without one. */
export function accountTitle({ account, accountName }: Account): string {
  return accountName ?? spoken(account);
}

/** Returns the name with the id if there is a name: `Payments (444455556666)`. */
export function accountText({ account, accountName }: Account): string {
  return accountName === undefined ? spoken(account) : `${accountName} (${account})`;
}

/** Describes a location for the command line: `eks Payments (444455556666) eu-west-1`. Omits placeholders for all. */
export function locationText({
  source,
  region,
  ...account
}: Pick<Cell, 'source' | 'region'> & Account): string {
  return [source, accountText(account), region].filter((part) => part !== '' && part !== '*').join(' ');
}

/**
 * Matches the id of a location that is not an account: `tenant:<id>`, `profile:<name>`, `session:<name>`. A profile without
 * a name stands for the keys in the environment.
 */
function spoken(account: string): string {
  if (account === 'profile:') return 'AWS variables of the shell';
  return account.replace(/^(tenant|profile|session):/, '$1 ');
}
