import { useEffect, useRef, useState } from 'react';
import { isFailed } from '../../main/model/is-failed.ts';
import { isInBrowser, missingSignIns } from '../../main/model/next-sign-in.ts';
import '../accounts/accounts.css';
import { useAccounts } from '../accounts/use-accounts.ts';
import { useActions, useAgent, usePage } from '../agent/page.tsx';
import { useMinute } from '../agent/use-minute.ts';
import { headerText } from '../header/text.ts';
import type { Asked } from '../links/link-preview.tsx';
import { Address } from './address.tsx';
import { firstRunText } from './text.ts';
import './first-run.css';
import { Found, FoundLine } from './found.tsx';
import { type FoundRow, foundRows } from './rows.ts';
import { useFindings } from './use-findings.ts';

const kinds = ['aws', 'gcp', 'azure', 'vault', 'file'] as const satisfies readonly FoundRow['kind'][];

/** Shows what this computer can find clusters with, and leads to the first clusters. */
export function FirstRun({
  onTouch,
  onShow,
  onLater,
  onSettings,
  onAsk,
}: {
  /** Called when the user starts to work in it. */
  readonly onTouch?: (() => void) | undefined;
  /** Opens the list. */
  readonly onShow: () => void;
  /** Undefined if the user opened the page on purpose. */
  readonly onLater?: (() => void) | undefined;
  readonly onSettings: () => void;
  readonly onAsk: (asked: Asked) => void;
}) {
  const actions = useActions();
  const { accounts, error, read } = useAccounts();
  const findings = useFindings(read);
  const now = useMinute();
  const { clearSignIns } = actions;
  useEffect(() => clearSignIns, [clearSignIns]);
  const count = useAgent(({ clusters }) => clusters.size);
  const [finding, setFinding] = useState<'no' | 'yes' | 'done'>('no');
  const organisation = useAgent((agent) => agent.organisation);
  const isSigningIn = usePage((page) => page.isSigningIn === true);
  const missing = missingSignIns(accounts ?? []).filter(({ asks }) => isInBrowser(asks));
  const rows =
    findings === undefined || (accounts === undefined && error === undefined)
      ? undefined
      : foundRows(accounts ?? [], findings, now, organisation?.off).filter(
          // Omit providers whose sessions could not be read.
          ({ kind }) => accounts !== undefined || kind === 'aws' || kind === 'file',
        );
  const isBusy = finding === 'yes' || isSigningIn;
  const find = async () => {
    if (isBusy) return;
    setFinding('yes');
    const [, isWhole] = await Promise.all([actions.discover(), actions.signInToAll()]);
    // Include sessions that succeeded before the cancellation.
    if (!isWhole) await actions.discover();
    setFinding('done');
  };
  // Signing in started with the set-up.
  const wasSigningIn = useRef(isSigningIn);
  useEffect(() => {
    if (wasSigningIn.current && !isSigningIn) setFinding((now) => (now === 'no' ? 'done' : now));
    wasSigningIn.current = isSigningIn;
  }, [isSigningIn]);
  useEffect(() => {
    // Do not interrupt typing: the button is there.
    if (finding === 'done' && count > 0 && !(document.activeElement instanceof HTMLInputElement)) onShow();
  }, [finding, count, onShow]);

  const primary = useRef<HTMLButtonElement>(null);
  const hasFocus = useRef(false);
  // The control that had the focus was removed with its row's action.
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
        // A blur without a target means that the element was removed or that empty space was clicked.
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
        {/* When opened on purpose, it also refreshes known clusters. */}
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

/** Shows the progress of discovery, and why nothing was found. */
function Progress({
  isFinding,
  hasLooked,
}: {
  readonly isFinding: boolean;
  /** The user started discovery, and it has finished. */
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
