import { Check, LoaderCircle, Search, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Account, SignOut } from '../../main/model/account.ts';
import { isInBrowser, missingSignIns } from '../../main/model/next-sign-in.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { accountKey } from '../agent/sign-ins.ts';
import { useMinute } from '../agent/use-minute.ts';
import { SubPage } from '../controls/sub-page.tsx';
import { AccountRow } from './account-row.tsx';
import { AddAccount } from './add-account.tsx';
import { fits } from './needs.ts';
import { accountsText } from './text.ts';
import './accounts.css';
import { useAccounts } from './use-accounts.ts';
import { useOrder } from './use-order.ts';
import { WaitingRow } from './waiting.tsx';

type Provider = Account['provider'];

/** From this number on, the page has a search field. */
const manyAccounts = 8;

const providers = Object.keys(accountsText.providers) as Provider[];

/** Lists the sessions, with buttons to sign in and out. */
export function AccountsPage({ onBack }: { readonly onBack: () => void }) {
  const { accounts, error, isReading, read } = useAccounts();
  const { clearSignIns } = useActions();
  useEffect(() => clearSignIns, [clearSignIns]);
  const [query, setQuery] = useState('');
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const { sorted, needsAction } = useOrder(accounts ?? []);
  const groups = providers.map((provider) => ({
    provider,
    all: sorted.filter((account) => account.provider === provider),
  }));
  // Stable: providers keep their order among those that need nothing.
  const ordered = groups.toSorted((a, b) => Number(needsAction(b.all)) - Number(needsAction(a.all)));
  const isFound = sorted.some((account) => fits(account, words));
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
      {sorted.length >= manyAccounts && (
        <div className="accounts-search">
          <Search size={14} aria-hidden />
          <input
            type="search"
            className="field"
            aria-label={accountsText.search(sorted.length)}
            placeholder={accountsText.search(sorted.length)}
            spellCheck={false}
            autoComplete="off"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' || query === '') return;
              // The first Escape clears the field; the next one leaves the page.
              event.preventDefault();
              setQuery('');
            }}
          />
        </div>
      )}
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
        ordered.map(({ provider, all }) => (
          <Group key={provider} provider={provider} accounts={all} words={words} />
        ))}
      {words.length > 0 && !isFound && (
        <p className="accounts-none" role="status">
          {accountsText.none(query.trim())}
        </p>
      )}
    </SubPage>
  );
}

/** One button for all missing sessions, if there are several, and how many are left while they are signed in to. */
function SignInToAll({ accounts }: { readonly accounts: readonly Account[] }) {
  const { signInToAll } = useActions();
  const isRunning = usePage((page) => page.isSigningIn === true);
  const missing = missingSignIns(accounts).filter(({ asks }) => isInBrowser(asks)).length;
  if (missing < 2 && !isRunning) return null;
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
      <span role="status">
        {isRunning ? accountsText.left(missing) : accountsText.missing(missing, accounts.length)}
      </span>
    </div>
  );
}

function Group({
  provider,
  accounts,
  words,
}: {
  readonly provider: Provider;
  readonly accounts: readonly Account[];
  /** What the user searches. */
  readonly words: readonly string[];
}) {
  const logins = useAgent((agent) => agent.logins).filter(({ kind }) => kind === provider);
  const signIns = usePage((page) => page.signIns);
  const now = useMinute();
  const left = [...signIns].flatMap(([key, state]) =>
    key.startsWith(`${provider} `) && state.status === 'signed-out' ? [{ key, result: state.result }] : [],
  );
  const loginOf = (account: Account) =>
    account.ours ? logins.find(({ session }) => session === account.session) : undefined;
  const known = accounts.map(loginOf);
  const others = logins.filter((login) => !known.includes(login));
  const shown = accounts.filter((account) => fits(account, words));
  const isSearched = words.length > 0;
  if (isSearched && shown.length === 0) return null;
  if (accounts.length + others.length + left.length === 0 && provider !== 'access') return null;
  const title = accountsText.providers[provider];
  return (
    <section className="accounts" aria-label={title}>
      <h2>{title}</h2>
      {provider === 'access' && <p className="accounts-note">{accountsText.accessNote}</p>}
      <ul>
        {shown.map((account) => (
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
      {!isSearched && <AddAccount provider={provider} accounts={accounts} />}
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
