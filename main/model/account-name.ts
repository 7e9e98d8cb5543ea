import type { Cell } from './cluster.ts';

type Account = Pick<Cell, 'account' | 'accountName'>;

/** What people call an account: its name where there is one, else its id. */
export function accountTitle({ account, accountName }: Account): string {
  return accountName ?? spoken(account);
}

/** `Payments (444455556666)`: the name with the id, where there is a name. */
export function accountText({ account, accountName }: Account): string {
  return accountName === undefined ? spoken(account) : `${accountName} (${account})`;
}

/** `eks Payments (444455556666) eu-west-1`: a place as the command line says it. What stands for all is left out. */
export function placeText({ source, region, ...account }: Pick<Cell, 'source' | 'region'> & Account): string {
  return [source, accountText(account), region].filter((part) => part !== '' && part !== '*').join(' ');
}

/** A cell that is no account says what it is: `tenant:<id>`, `profile:<name>`, `session:<name>`. */
function spoken(account: string): string {
  return account.replace(/^(tenant|profile|session):/, '$1 ');
}
