import { useRef } from 'react';
import type { Account } from '../../main/model/account.ts';
import { accountKey } from '../agent/sign-ins.ts';
import { needOf } from './needs.ts';

/**
 * Returns the accounts by what needs action, as it was when the page first showed each: no row moves while its user signs
 * in. `needsAction` tells the same of a group of accounts.
 */
export function useOrder(accounts: readonly Account[]): {
  readonly sorted: readonly Account[];
  needsAction(some: readonly Account[]): boolean;
} {
  const ranks = useRef(new Map<string, number>());
  const keyOf = (account: Account) => `${accountKey(account)} ${account.store}`;
  const now = Date.now();
  for (const account of accounts)
    if (!ranks.current.has(keyOf(account))) ranks.current.set(keyOf(account), needOf(account, now));
  const rankOf = (account: Account) => ranks.current.get(keyOf(account)) ?? 3;
  return {
    sorted: accounts.toSorted((a, b) => rankOf(a) - rankOf(b)),
    needsAction: (some) => some.some((account) => rankOf(account) < 2),
  };
}
