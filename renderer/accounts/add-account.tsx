import type { Account } from '../../main/model/account.ts';
import { anyAccount } from '../../main/model/any-account.ts';
import { useActions, usePage } from '../agent/page.tsx';
import { accountKey, isUnderWay, type OwnAccount } from '../agent/sign-ins.ts';
import { accountsText } from './text.ts';

/** Signs in with one more account, where a provider keeps several and one is signed in. */
export function AddAccount({
  provider,
  accounts,
}: {
  readonly provider: Account['provider'];
  /** Of that provider. */
  readonly accounts: readonly Account[];
}) {
  const actions = useActions();
  const session = provider in anyAccount ? anyAccount[provider as keyof typeof anyAccount] : '';
  const asked = usePage(({ signIns }) => signIns.get(accountKey({ provider, session })));
  if (session === '' || !accounts.some(({ ours, status }) => ours && status === 'signed-in')) return null;
  const account: OwnAccount = {
    provider,
    session,
    status: 'signed-out',
    renews: false,
    store: '',
    asks: 'browser',
    ours: true,
  };
  // The only account has this name: its row shows the state.
  const hasRow = accounts.some((one) => one.session === session);
  const isBusy = isUnderWay(asked);
  const title = accountsText.providers[provider];
  return (
    <div className="accounts-more">
      {isBusy && !hasRow ? (
        <button type="button" className="button small" onClick={() => actions.cancelSignIn(account)}>
          {accountsText.cancel}
        </button>
      ) : (
        <button
          type="button"
          className="link-button"
          aria-label={accountsText.addAccountOf(title)}
          aria-disabled={isBusy}
          onClick={() => void actions.signIn(account)}
        >
          {accountsText.addAccount}
        </button>
      )}
      {asked?.status === 'failed' && !hasRow && (
        <p className="failure" role="alert">
          {accountsText.failed[asked.to]}: {asked.error.message} {asked.error.hint}
        </p>
      )}
    </div>
  );
}
