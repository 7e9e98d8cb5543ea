import type { Account } from '../../main/model/account.ts';
import { toPlainError } from '../../main/model/app-error.ts';
import { type AwsPortalSetting, portalText } from '../../main/model/aws-portals.ts';
import { isInBrowser, signInToAll } from '../../main/model/next-sign-in.ts';
import type { Link } from './link.ts';
import type { PageStore, SignInState } from './page-store.ts';

/** An account whose session k8s-tunnels manages. */
export type OwnAccount = Account & { readonly ours: true };

/** Signs in to and out of accounts. Results are in the page's `signIns`; only `accounts` rejects. */
export interface SignInActions {
  accounts(): Promise<readonly Account[]>;
  /** Continues when its page is closed; does nothing if it is already running. */
  signIn(
    account: Pick<OwnAccount, 'provider' | 'session'>,
    password?: { readonly username: string; readonly password: string },
  ): Promise<void>;
  /**
   * Signs in to all missing sessions, or to those with the keys `only`, one after another in one browser tab; accounts with a
   * password have their own form. Resolves to false if the user cancelled one, which ends it, or if it is already
   * running.
   */
  signInToAll(only?: ReadonlySet<string>): Promise<boolean>;
  /**
   * Adds an AWS access portal to the settings and signs in to it. Removes it again if the sign-in fails. Rejects if the
   * settings cannot be changed.
   */
  signInToPortal(portal: AwsPortalSetting): Promise<void>;
  cancelSignIn(account: OwnAccount): void;
  signOut(account: OwnAccount): Promise<void>;
  /** Clears the results of finished sign-ins. */
  clearSignIns(): void;
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

const noop = () => {};

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
    account: Pick<Account, 'provider' | 'session'>,
    to: 'sign-in' | 'sign-out',
    work: (signal: AbortSignal) => Promise<SignInState | undefined>,
  ): Promise<'done' | 'failed' | 'cancelled'> => {
    const key = accountKey(account);
    if (running.has(key)) return 'done';
    const abort = new AbortController();
    running.set(key, abort);
    put(key, { status: to === 'sign-in' ? 'signing-in' : 'signing-out' });
    let isCancelled = false;
    const now = await work(abort.signal).catch((error: unknown): SignInState | undefined => {
      const plain = toPlainError(error);
      isCancelled = plain.code === 'cancelled';
      return isCancelled ? undefined : { status: 'failed', to, error: plain };
    });
    running.delete(key);
    put(key, now);
    return isCancelled ? 'cancelled' : now?.status === 'failed' ? 'failed' : 'done';
  };
  const accounts = async () => (await link.call('accounts', {})).accounts;
  const begin = (
    account: Pick<Account, 'provider' | 'session'>,
    how: { readonly password?: Parameters<SignInActions['signIn']>[1]; readonly isFollowed?: true } = {},
  ) =>
    attempt(account, 'sign-in', async (signal) => {
      const { provider, session } = account;
      await link.call('login', { provider, session, ...how }, { signal });
      return undefined;
    });

  return {
    accounts,
    async signIn(account, password) {
      await begin(account, password === undefined ? {} : { password });
    },
    async signInToAll(only) {
      const isWanted = (account: Account) => only?.has(accountKey(account)) ?? true;
      // An ended session of a team that is not the organisation's is not listed as needed.
      const wanted = async () =>
        (await accounts()).map((one) =>
          only?.has(accountKey(one)) === true && one.status !== 'signed-in'
            ? { ...one, needed: true as const }
            : one,
        );
      if (store.get().isSigningIn === true) return false;
      store.update((state) => ({ ...state, isSigningIn: true }));
      return (
        signInToAll({
          accounts: wanted,
          canBegin: (account) => isInBrowser(account.asks) && isWanted(account),
          signIn: (account, isFollowed) => begin(account, isFollowed ? { isFollowed } : {}),
          // Failed locations are shown as such.
          discover: () => link.call('discover', {}).then(noop, noop),
        })
          // A lost connection is shown as such.
          .catch(() => false)
          .finally(() => store.update(({ isSigningIn: _, ...state }) => state))
      );
    },
    async signInToPortal(portal) {
      const before = store.get().agent?.settings.awsPortals ?? [];
      await link.call('settings-set', { awsPortals: [...before, portalText(portal)] });
      if ((await begin({ provider: 'aws', session: portal.startUrl })) !== 'done')
        await link.call('settings-set', { awsPortals: [...before] }).then(noop, noop);
    },
    cancelSignIn: (account) => running.get(accountKey(account))?.abort(),
    async signOut(account) {
      await attempt(account, 'sign-out', async () => {
        const { provider, session } = account;
        return { status: 'signed-out', result: await link.call('logout', { provider, session }) };
      });
    },
    clearSignIns: () =>
      store.update((state) => ({
        ...state,
        signIns: new Map([...state.signIns].filter(([, now]) => isUnderWay(now))),
      })),
  };
}
