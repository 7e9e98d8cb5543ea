import { toPlainError } from '../../main/agent/app-error.ts';
import type { Account } from '../../main/agent/logins/account.ts';
import type { Link } from './link.ts';
import type { PageStore, SignInState } from './page-store.ts';

/** An account that can be signed in to and out of here. */
export type OwnAccount = Account & { readonly ours: true };

/** What a person can do with accounts. What comes of it stands in the page's `signIns`; only `accounts` rejects. */
export interface SignInActions {
  accounts(): Promise<readonly Account[]>;
  /** Goes on when its page is left; one that runs already is left to run. */
  signIn(
    account: OwnAccount,
    password?: { readonly username: string; readonly password: string },
  ): Promise<void>;
  cancelSignIn(account: OwnAccount): void;
  signOut(account: OwnAccount): Promise<void>;
  /** What came of those that are over has been seen. */
  forgetSignIns(): void;
}

export function accountKey({ provider, session }: Pick<Account, 'provider' | 'session'>): string {
  return `${provider} ${session}`;
}

export function isOwn(account: Account): account is OwnAccount {
  return account.ours;
}

export function isUnderWay(state: SignInState | undefined): boolean {
  return state?.status === 'signing-in' || state?.status === 'signing-out';
}

export function createSignIns({
  link,
  store,
}: {
  readonly link: Link;
  readonly store: PageStore;
}): SignInActions {
  const running = new Map<string, AbortController>();

  const put = (key: string, now: SignInState | undefined) =>
    store.update((state) => {
      const signIns = new Map(state.signIns);
      if (now === undefined) signIns.delete(key);
      else signIns.set(key, now);
      return { ...state, signIns };
    });
  const attempt = async (
    account: OwnAccount,
    to: 'sign-in' | 'sign-out',
    work: (signal: AbortSignal) => Promise<SignInState | undefined>,
  ) => {
    const key = accountKey(account);
    if (running.has(key)) return;
    const abort = new AbortController();
    running.set(key, abort);
    put(key, { status: to === 'sign-in' ? 'signing-in' : 'signing-out' });
    const now = await work(abort.signal).catch((error: unknown): SignInState | undefined => {
      const plain = toPlainError(error);
      return plain.code === 'cancelled' ? undefined : { status: 'failed', to, error: plain };
    });
    running.delete(key);
    put(key, now);
  };

  return {
    accounts: async () => (await link.call('accounts', {})).accounts,
    signIn: (account, password) =>
      attempt(account, 'sign-in', async (signal) => {
        const { provider, session } = account;
        const asked = password === undefined ? {} : { password };
        await link.call('login', { provider, session, ...asked }, { signal });
        return undefined;
      }),
    cancelSignIn: (account) => running.get(accountKey(account))?.abort(),
    signOut: (account) =>
      attempt(account, 'sign-out', async () => {
        const { provider, session } = account;
        return { status: 'signed-out', result: await link.call('logout', { provider, session }) };
      }),
    forgetSignIns: () =>
      store.update((state) => ({
        ...state,
        signIns: new Map([...state.signIns].filter(([, now]) => isUnderWay(now))),
      })),
  };
}
