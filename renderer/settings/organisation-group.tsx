import { useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { agentText } from '../agent/text.ts';
import { useMinute } from '../agent/use-minute.ts';
import { ago } from '../text/times.ts';
import { organisationText } from './text.ts';

/** Shows the organisation's configuration and its origin; refreshes or removes it. */
export function OrganisationGroup({
  onSetUp,
  onReview,
}: {
  readonly onSetUp: () => void;
  /** Opens the review of the new configuration. */
  readonly onReview: () => void;
}) {
  const organisation = useAgent((agent) => agent.organisation);
  const actions = useActions();
  const now = useMinute();
  const [isRefreshing, setRefreshing] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [failure, setFailure] = useState<{ readonly title: string; readonly error: PlainError }>();
  const attempt = async (title: string, work: () => Promise<void>) => {
    setFailure(undefined);
    await work().catch((error: unknown) => setFailure({ title, error: toPlainError(error) }));
  };
  const refresh = async () => {
    if (isRefreshing) return;
    setRefreshing(true);
    await attempt(organisationText.notRefreshed, actions.refreshSetup);
    setRefreshing(false);
  };
  const setUp = (
    <button type="button" className="button small" onClick={onSetUp}>
      {organisationText.setUp}
    </button>
  );
  if (organisation === undefined)
    return (
      <div className="setting">
        <span className="setting-title">{organisationText.none}</span>
        {setUp}
        <small>{organisationText.noneHint}</small>
      </div>
    );
  const { name, origin, place, signed, pending, failed, readAt } = organisation;
  // Being offline passes; another failure of the last refresh, also of an automatic one, stays visible.
  const shownFailure =
    failure ??
    (failed?.error.retryable === false
      ? { title: organisationText.notRefreshed, error: failed.error }
      : undefined);
  const facts = [
    organisationText.read(ago(now - readAt)),
    ...(origin === 'managed' && !signed
      ? []
      : [signed ? organisationText.signed : organisationText.unsigned]),
  ];
  return (
    <div className="setting organisation" data-wide>
      <span className="setting-title">
        <bdi>{name}</bdi>
      </span>
      <small>
        {organisationText.origins[origin]} {place}
      </small>
      <small>{facts.join(' · ')}</small>
      {pending !== undefined && (
        <small>
          <strong>{agentText.setupPending(name)}</strong>
        </small>
      )}
      {origin === 'managed' && <small>{organisationText.managed}</small>}
      <div className="actions">
        {pending !== undefined && (
          <button type="button" className="button small primary" onClick={onReview}>
            {organisationText.review}
          </button>
        )}
        <button
          type="button"
          className="button small"
          aria-disabled={isRefreshing}
          onClick={() => void refresh()}
        >
          {isRefreshing ? organisationText.refreshing : organisationText.refresh}
        </button>
        {origin !== 'managed' && (
          <button type="button" className="button small" onClick={() => setAsking(true)}>
            {organisationText.remove}
          </button>
        )}
        {setUp}
      </div>
      {shownFailure !== undefined && (
        <small className="failure" role="alert">
          {shownFailure.title}: {shownFailure.error.message} {shownFailure.error.hint}
        </small>
      )}
      <ConfirmRemoval
        name={isAsking ? name : undefined}
        onAnswer={(yes) => {
          setAsking(false);
          if (yes) void attempt(organisationText.notRemoved, () => actions.removeSetup(name));
        }}
      />
    </div>
  );
}

function ConfirmRemoval({
  name,
  onAnswer,
}: {
  /** Undefined while the dialog is closed. */
  readonly name: string | undefined;
  readonly onAnswer: (yes: boolean) => void;
}) {
  return (
    <ModalOverlay
      className="veil"
      isOpen={name !== undefined}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onAnswer(false);
      }}
    >
      <Modal className="modal">
        <Dialog role="alertdialog">
          <Heading slot="title">{organisationText.confirmTitle(name ?? '')}</Heading>
          <p>{organisationText.confirm}</p>
          <div className="actions">
            {/* biome-ignore lint/a11y/noAutofocus: the safe answer has the focus. */}
            <button type="button" className="button" autoFocus onClick={() => onAnswer(false)}>
              {organisationText.no}
            </button>
            <button type="button" className="button danger" onClick={() => onAnswer(true)}>
              {organisationText.yes}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
