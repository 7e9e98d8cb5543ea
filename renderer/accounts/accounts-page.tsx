import { Check, LoaderCircle, TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import type { Account, SignOut } from '../../main/model/account.ts';
import { isInBrowser, missingSignIns } from '../../main/model/next-sign-in.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { accountKey } from '../agent/sign-ins.ts';
import { useNow } from '../agent/use-now.ts';
import { SubPage } from '../controls/sub-page.tsx';
import { AccountRow } from './account-row.tsx';
import { AddAccount } from './add-account.tsx';
import { accountsText } from './text.ts';
import './accounts.css';
import { useAccounts } from './use-accounts.ts';
import { WaitingRow } from './waiting.tsx';

type Provider = Account['provider'];
const providers = Object.keys(accountsText.providers) as Provider[];

/** Lists the sessions, with buttons to sign in and out. */
export function AccountsPage({ onBack }: { readonly onBack: () => void }) {
  const { accounts, error, isReading, read } = useAccounts();
  const { clearSignIns } = useActions();
  useEffect(() => clearSignIns, [clearSignIns]);
  return (
    <SubPage
      title={accountsText.title}
      onBack={onBack}
      controls={
        isReading && (
          <span className="reading" role="status">
            <LoaderCircle size={14} aria-hidden />
            {accountsText.reading}
          </span>
        )
      }
    >
      <h1 className="for-screen-readers">{accountsText.title}</h1>
      <SignInToAll accounts={accounts ?? []} />
      {error !== undefined && (
        <div className="why" role="alert">
          <h2>{accountsText.unread}</h2>
          <p>
            {error.message} {error.hint}
          </p>
          <button type="button" className="button small" onClick={read}>
            {accountsText.again}
          </button>
        </div>
      )}
      {accounts !== undefined &&
        providers.map((provider) => (
          <Group
            key={provider}
            provider={provider}
            accounts={accounts.filter((account) => account.provider === provider)}
          />
        ))}
    </SubPage>
  );
}

/** One button for all missing sessions, if there are several. */
function SignInToAll({ accounts }: { readonly accounts: readonly Account[] }) {
  const { signInToAll } = useActions();
  const isRunning = usePage((page) => page.isSigningIn === true);
  if (missingSignIns(accounts).filter(({ asks }) => isInBrowser(asks)).length < 2 && !isRunning) return null;
  return (
    <div className="accounts-all">
      <button
        type="button"
        className="button primary"
        aria-disabled={isRunning}
        onClick={() => void signInToAll()}
      >
        {accountsText.signInAll}
      </button>
    </div>
  );
}

function Group({
  provider,
  accounts,
}: {
  readonly provider: Provider;
  readonly accounts: readonly Account[];
}) {
  const logins = useAgent((agent) => agent.logins).filter(({ kind }) => kind === provider);
  const signIns = usePage((page) => page.signIns);
  const now = useNow(20_000);
  const left = [...signIns].flatMap(([key, state]) =>
    key.startsWith(`${provider} `) && state.status === 'signed-out' ? [{ key, result: state.result }] : [],
  );
  const loginOf = (account: Account) =>
    account.ours ? logins.find(({ session }) => session === account.session) : undefined;
  const known = accounts.map(loginOf);
  const others = logins.filter((login) => !known.includes(login));
  if (accounts.length + others.length + left.length === 0 && provider !== 'access') return null;
  const title = accountsText.providers[provider];
  return (
    <section className="accounts" aria-label={title}>
      <h2>{title}</h2>
      {provider === 'access' && <p className="accounts-note">{accountsText.accessNote}</p>}
      <ul>
        {accounts.map((account) => (
          <AccountRow
            key={`${accountKey(account)} ${account.store}`}
            account={account}
            login={loginOf(account)}
            now={now}
          />
        ))}
        {others.map((login) => (
          <WaitingRow key={login.url} login={login} />
        ))}
      </ul>
      <AddAccount provider={provider} accounts={accounts} />
      <div role="status">
        {left.map(({ key, result }) => (
          <SignedOut key={key} result={result} />
        ))}
      </div>
    </section>
  );
}

/** Lists what a sign-out removed, and which sessions remain. */
function SignedOut({ result: { removed, remaining } }: { readonly result: SignOut }) {
  return (
    <ul className="signed-out">
      {removed.length === 0 && <li>{accountsText.nothingRemoved}</li>}
      {removed.map((line) => (
        <li key={line}>
          <Check size={14} aria-hidden />
          <span>
            <b>{accountsText.removed}</b> {line}
          </span>
        </li>
      ))}
      {remaining.map((line) => (
        <li key={line} data-remains="">
          <TriangleAlert size={14} aria-hidden />
          <span>
            <b>{accountsText.remaining}</b> {line}
          </span>
        </li>
      ))}
    </ul>
  );
}
