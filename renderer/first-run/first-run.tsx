import { useEffect, useRef, useState } from 'react';
import { isFailed } from '../../main/model/is-failed.ts';
import { missingSignIns } from '../../main/model/next-sign-in.ts';
import '../accounts/accounts.css';
import { useAccounts } from '../accounts/use-accounts.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { headerText } from '../header/text.ts';
import type { Asked } from '../links/link-preview.tsx';
import { Address } from './address.tsx';
import { firstRunText } from './text.ts';
import './first-run.css';
import { Found, FoundLine } from './found.tsx';
import { type FoundRow, foundRows } from './rows.ts';
import { useFindings } from './use-findings.ts';

const kinds = ['aws', 'gcp', 'azure', 'vault', 'file'] as const satisfies readonly FoundRow['kind'][];

/** What this computer has to find clusters with, and from there to the first of them. */
export function FirstRun({
  onTouch,
  onShow,
  onLater,
  onSettings,
  onAsk,
}: {
  /** The person is at it: it stays until they leave it. */
  readonly onTouch?: (() => void) | undefined;
  /** To the list. */
  readonly onShow: () => void;
  /** Undefined where it was asked for. */
  readonly onLater?: (() => void) | undefined;
  readonly onSettings: () => void;
  readonly onAsk: (asked: Asked) => void;
}) {
  const actions = useActions();
  const { accounts, error, read } = useAccounts();
  const findings = useFindings(read);
  const now = useNow(20_000);
  const { forgetSignIns } = actions;
  useEffect(() => forgetSignIns, [forgetSignIns]);
  const count = useAgent(({ clusters }) => clusters.size);
  const [finding, setFinding] = useState<'no' | 'yes' | 'done'>('no');
  const organisation = useAgent((agent) => agent.organisation);
  const isSigningIn = usePage((page) => page.isSigningIn === true);
  const missing = missingSignIns(accounts ?? []).filter(({ asks }) => asks !== 'password');
  const rows =
    findings === undefined || (accounts === undefined && error === undefined)
      ? undefined
      : foundRows(accounts ?? [], findings, now, organisation?.off).filter(
          // Of what could not be asked nothing is said.
          ({ kind }) => accounts !== undefined || kind === 'aws' || kind === 'file',
        );
  const isBusy = finding === 'yes' || isSigningIn;
  const find = async () => {
    if (isBusy) return;
    setFinding('yes');
    const [, isWhole] = await Promise.all([actions.discover(), actions.signInToAll()]);
    // What was signed in to before a cancellation is looked at too.
    if (!isWhole) await actions.discover();
    setFinding('done');
  };
  // It was begun with the set-up.
  const wasSigningIn = useRef(isSigningIn);
  useEffect(() => {
    if (wasSigningIn.current && !isSigningIn) setFinding((now) => (now === 'no' ? 'done' : now));
    wasSigningIn.current = isSigningIn;
  }, [isSigningIn]);
  useEffect(() => {
    // Whoever types is left to it, and has the button.
    if (finding === 'done' && count > 0 && !(document.activeElement instanceof HTMLInputElement)) onShow();
  }, [finding, count, onShow]);

  const primary = useRef<HTMLButtonElement>(null);
  const hasFocus = useRef(false);
  // What had the focus is gone with the row's need.
  useEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) primary.current?.focus();
  });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only stays while somebody is at it.
    <div
      className="first-run"
      onPointerDown={onTouch}
      onKeyDown={onTouch}
      onFocus={() => {
        hasFocus.current = true;
      }}
      onBlur={({ relatedTarget }) => {
        // Focus that goes nowhere was lost with its element, or by a press on nothing.
        if (relatedTarget !== null) hasFocus.current = false;
      }}
    >
      <h1>{firstRunText.title}</h1>
      <p>{firstRunText.body}</p>
      <ul aria-label={firstRunText.found}>
        <Organisation />
        {rows === undefined
          ? kinds.map((kind) => (
              <FoundLine key={kind} kind={kind} state="reading">
                <p>{firstRunText.reading}</p>
              </FoundLine>
            ))
          : rows.map((row) => <Found key={row.kind} row={row} onSettings={onSettings} />)}
      </ul>
      {error !== undefined && (
        <div className="first-run-failure" role="alert">
          <p>
            {firstRunText.unread} {error.message} {error.hint}
          </p>
          <button type="button" className="button small" onClick={read}>
            {firstRunText.again}
          </button>
        </div>
      )}
      <Progress isFinding={isBusy} hasLooked={finding === 'done'} />
      <div className="actions">
        {/* Asked for, it finds anew also where clusters are known. */}
        {(count === 0 || onLater === undefined) && (
          <button
            type="button"
            className="button primary"
            ref={primary}
            aria-disabled={isBusy}
            onClick={() => void find()}
          >
            {isBusy ? firstRunText.finding : missing.length > 0 ? firstRunText.signInAll : firstRunText.find}
          </button>
        )}
        {count > 0 && (
          <button
            type="button"
            className={onLater === undefined ? 'button' : 'button primary'}
            ref={onLater === undefined ? undefined : primary}
            onClick={onShow}
          >
            {firstRunText.show(count)}
          </button>
        )}
        {onLater !== undefined && (
          <button type="button" className="button" onClick={onLater}>
            {firstRunText.later}
          </button>
        )}
      </div>
      <Address onAsk={onAsk} />
    </div>
  );
}

function Organisation() {
  const organisation = useAgent((agent) => agent.organisation);
  if (organisation === undefined) return null;
  const { name, origin, place } = organisation;
  return (
    <FoundLine kind="organisation" state="ready">
      <p>{origin === 'managed' ? firstRunText.managed(name) : firstRunText.organisation(name, place)}</p>
    </FoundLine>
  );
}

/** How the search goes, and what came of one that found nothing. */
function Progress({
  isFinding,
  hasLooked,
}: {
  readonly isFinding: boolean;
  /** The person has asked for it, and it is over. */
  readonly hasLooked: boolean;
}) {
  const discovery = useAgent((agent) => agent.discovery);
  const cells = useAgent((agent) => agent.cells);
  const count = useAgent(({ clusters }) => clusters.size);
  const isWaiting = useAgent(({ logins }) => logins.length > 0);
  const failed = [...cells.values()].filter(isFailed);
  const isOffline =
    failed.length > 0 &&
    failed.length === cells.size &&
    failed.every(({ error }) => error?.code.startsWith('network-') || error?.code === 'timeout');
  const isRunning = discovery.status === 'running';
  const line = isRunning
    ? discovery.cellsKnown === 0
      ? headerText.starting
      : headerText.reading(discovery.cellsRead, discovery.cellsKnown, discovery.clusters)
    : isFinding && isWaiting
      ? firstRunText.signInLine
      : hasLooked && count === 0
        ? isOffline
          ? firstRunText.offline
          : firstRunText.nothing
        : '';
  return (
    <div className="first-run-progress">
      <p role="status">{line}</p>
      {isRunning && (
        <progress
          aria-label={headerText.progress}
          max={Math.max(1, discovery.cellsKnown)}
          value={discovery.cellsRead}
        />
      )}
    </div>
  );
}
