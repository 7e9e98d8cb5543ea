import { CircleCheck, CircleDashed, KeyRound, LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { AccountControls } from '../accounts/account-row.tsx';
import { accountsText } from '../accounts/text.ts';
import { waitingText } from '../accounts/waiting.tsx';
import { useAgent, usePage } from '../agent/page.tsx';
import { accountKey } from '../agent/sign-ins.ts';
import { CopyButton } from '../controls/copy-button.tsx';
import { PortalForm } from './portal-form.tsx';
import { type FoundRow, outcomeOf } from './rows.ts';
import { firstRunText } from './text.ts';

const marks = {
  ready: { icon: CircleCheck, mark: 'connected' },
  attention: { icon: KeyRound, mark: 'degraded' },
  none: { icon: CircleDashed, mark: 'off' },
  reading: { icon: LoaderCircle, mark: 'busy' },
} as const;

/** Shows one provider: what was found, the result of discovery, and the action that helps. */
export function Found({ row, onSettings }: { readonly row: FoundRow; readonly onSettings: () => void }) {
  const { kind, state, lines, help } = row;
  const account = help?.kind === 'sign-in' ? help.account : undefined;
  const asked = usePage(({ signIns }) => account && signIns.get(accountKey(account)));
  const login = useAgent(({ logins }) => logins).find(
    (one) => account !== undefined && one.kind === account.provider && one.session === account.session,
  );
  const isSigningIn = login !== undefined || asked?.status === 'signing-in';
  return (
    <FoundLine
      kind={kind}
      state={isSigningIn ? 'reading' : state}
      controls={
        <>
          {account !== undefined && <AccountControls account={account} login={login} isSignedIn={false} />}
          {help?.kind === 'copy' && (
            <CopyButton label={firstRunText.copyCommand(help.command)} value={help.command}>
              {firstRunText.copy}
            </CopyButton>
          )}
          {help?.kind === 'portal' && <PortalForm />}
          {help?.kind === 'settings' && (
            <button
              type="button"
              className="button small"
              aria-label={firstRunText.chooseFiles}
              onClick={onSettings}
            >
              {firstRunText.choose}
            </button>
          )}
          {asked?.status === 'failed' && (
            <p className="failure" role="alert">
              {accountsText.failed[asked.to]}: {asked.error.message} {asked.error.hint}
            </p>
          )}
        </>
      }
    >
      {isSigningIn ? (
        <p>{login === undefined ? accountsText.states.signingIn : waitingText(login)}</p>
      ) : (
        lines.map((line) => <p key={line}>{line}</p>)
      )}
      <OutcomeLines row={row} />
    </FoundLine>
  );
}

export function FoundLine({
  kind,
  state,
  controls,
  children,
}: {
  readonly kind: keyof typeof firstRunText.kinds;
  readonly state: keyof typeof marks;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
}) {
  const { icon: Icon, mark } = marks[state];
  return (
    <li className="account found" data-state={state}>
      <span className="state-mark" data-mark={mark}>
        <Icon size={16} strokeWidth={1.9} aria-hidden />
        <span className="for-screen-readers">{firstRunText.marks[state]}</span>
      </span>
      <div className="account-text">
        <h2>{firstRunText.kinds[kind]}</h2>
        {children}
      </div>
      {controls}
    </li>
  );
}

function OutcomeLines({ row }: { readonly row: FoundRow }) {
  const cells = useAgent((agent) => agent.cells);
  const clusters = useAgent((agent) => agent.clusters);
  const discovery = useAgent((agent) => agent.discovery);
  const { failed, why, ...outcome } = outcomeOf(row, {
    cells: cells.values(),
    clusters: clusters.values(),
    since: discovery.status === 'running' ? discovery.since : undefined,
  });
  return (
    <>
      {outcome.places > 0 && (row.state !== 'none' || outcome.clusters > 0) && (
        <p>{firstRunText.outcome(outcome.clusters, outcome.places)}</p>
      )}
      {why !== undefined && <p className="found-why">{firstRunText.failed(failed, why)}</p>}
    </>
  );
}
