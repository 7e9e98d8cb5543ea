import type { Account } from './account.ts';

/** Returns whether a login needs nothing that the user has to type here. */
export function isInBrowser(asks: Account['asks']): asks is 'browser' | 'nothing' {
  return asks === 'browser' || asks === 'nothing';
}

/** Returns the accounts without a session whose login can begin now. Providers of clusters come first. */
export function missingSignIns(accounts: readonly Account[]): readonly Account[] {
  const missing = accounts.filter(({ ours, needed, blocked }) => ours && needed && blocked === undefined);
  return [
    ...missing.filter(({ provider }) => provider !== 'access'),
    ...missing.filter(({ provider }) => provider === 'access'),
  ];
}

/**
 * Signs in to every account without a session, one after another, each once. Cloudflare Access comes after discovery,
 * because it needs the name of a cluster. Stops and resolves with false if the user cancels a login.
 */
export async function signInToAll(options: {
  readonly accounts: () => Promise<readonly Account[]>;
  /** Returns false for a login to skip, for example if there is no terminal for a password. */
  readonly canBegin: (account: Account) => boolean;
  /** `isFollowed`: another login follows, in the same browser tab. */
  readonly signIn: (account: Account, isFollowed: boolean) => Promise<'done' | 'failed' | 'cancelled'>;
  /** Discovers clusters with the current sessions. */
  readonly discover: () => Promise<void>;
  /** Resolves with true to stop. Called after each login and its discovery. */
  readonly isEnough?: () => Promise<boolean>;
}): Promise<boolean> {
  const { canBegin, signIn, discover, isEnough } = options;
  const begun = new Set<string>();
  const keyOf = ({ provider, session }: Account) => `${provider} ${session}`;
  let isFound = true;
  for (;;) {
    const accounts = await options.accounts();
    const next = missingSignIns(accounts).find((account) => !begun.has(keyOf(account)) && canBegin(account));
    if (next === undefined || next.provider === 'access') {
      if (!isFound) {
        isFound = true;
        await discover();
        continue;
      }
      if (next === undefined) return true;
    }
    begun.add(keyOf(next));
    // A connection signs in to Access, where this does not.
    const isFollowed = accounts.some(
      (one) =>
        one.ours &&
        one.needed &&
        !begun.has(keyOf(one)) &&
        (one.provider === 'access' || (one.blocked === undefined && canBegin(one))),
    );
    const outcome = await signIn(next, isFollowed);
    if (outcome === 'cancelled') return false;
    if (outcome === 'failed') continue;
    isFound = next.provider === 'access';
    if (isEnough === undefined) continue;
    await discover();
    isFound = true;
    if (await isEnough()) return true;
  }
}
