import type { Account } from './account.ts';

/** The sign-ins that are missing and that can begin now, in the order to begin them in: those to where clusters are first. */
export function missingSignIns(accounts: readonly Account[]): readonly Account[] {
  const missing = accounts.filter(
    ({ ours, needed, blocked }) => ours && needed === true && blocked === undefined,
  );
  return [
    ...missing.filter(({ provider }) => provider !== 'access'),
    ...missing.filter(({ provider }) => provider === 'access'),
  ];
}

/**
 * Signs in to everything that is missing, one after another, each once. Cloudflare Access comes after what lies before it
 * has been looked at: it needs the name of a cluster. Resolves with false where the user cancelled one, which ends it.
 */
export async function signInToAll(options: {
  readonly accounts: () => Promise<readonly Account[]>;
  /** False for one that is left to the user, for example where there is nobody to type a password. */
  readonly canBegin: (account: Account) => boolean;
  readonly signIn: (account: Account) => Promise<'done' | 'failed' | 'cancelled'>;
  /** Looks for clusters by what is signed in to now. */
  readonly discover: () => Promise<void>;
  /** Whether it can stop: asked after each sign-in, with what that has led to. */
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
    const outcome = await signIn(next);
    if (outcome === 'cancelled') return false;
    if (outcome === 'failed') continue;
    isFound = next.provider === 'access';
    if (isEnough === undefined) continue;
    await discover();
    isFound = true;
    if (await isEnough()) return true;
  }
}
