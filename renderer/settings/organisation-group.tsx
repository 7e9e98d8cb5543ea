import { useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import { useActions, useAgent } from '../agent/page.tsx';
import { useNow } from '../agent/use-now.ts';
import { agoWords } from '../text/durations.ts';
import { text } from '../text/text.ts';

const words = text.organisation;

/** Whose configuration counts, where it comes from, and the way to a newer one or to none. */
export function OrganisationGroup({
  onSetUp,
  onReview,
}: {
  readonly onSetUp: () => void;
  /** Shows what is new in the configuration. */
  readonly onReview: () => void;
}) {
  const organisation = useAgent((agent) => agent.organisation);
  const actions = useActions();
  const now = useNow(30_000);
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
    await attempt(words.notRefreshed, actions.refreshSetup);
    setRefreshing(false);
  };
  const setUp = (
    <button type="button" className="button small" onClick={onSetUp}>
      {words.setUp}
    </button>
  );
  if (organisation === undefined)
    return (
      <div className="setting">
        <span className="setting-title">{words.none}</span>
        {setUp}
        <small>{words.noneHint}</small>
      </div>
    );
  const { name, origin, place, signed, pending, readAt } = organisation;
  const facts = [
    words.read(agoWords(Math.max(0, now - readAt))),
    ...(origin === 'managed' ? [] : [signed ? words.signed : words.unsigned]),
  ];
  return (
    <div className="setting organisation" data-wide>
      <span className="setting-title">
        <bdi>{name}</bdi>
      </span>
      <small>
        {words.origins[origin]} {place}
      </small>
      <small>{facts.join(' · ')}</small>
      {pending !== undefined && (
        <small>
          <strong>{words.pending(name)}</strong>
        </small>
      )}
      {origin === 'managed' && <small>{words.managed}</small>}
      <div className="actions">
        {pending !== undefined && (
          <button type="button" className="button small primary" onClick={onReview}>
            {words.review}
          </button>
        )}
        <button
          type="button"
          className="button small"
          aria-disabled={isRefreshing}
          onClick={() => void refresh()}
        >
          {isRefreshing ? words.refreshing : words.refresh}
        </button>
        {origin !== 'managed' && (
          <button type="button" className="button small" onClick={() => setAsking(true)}>
            {words.remove}
          </button>
        )}
        {setUp}
      </div>
      {failure !== undefined && (
        <small className="failure" role="alert">
          {failure.title}: {failure.error.message} {failure.error.hint}
        </small>
      )}
      <ConfirmRemoval
        name={isAsking ? name : undefined}
        onAnswer={(yes) => {
          setAsking(false);
          if (yes) void attempt(words.notRemoved, () => actions.removeSetup(name));
        }}
      />
    </div>
  );
}

function ConfirmRemoval({
  name,
  onAnswer,
}: {
  /** Undefined while nothing is asked. */
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
          <Heading slot="title">{words.confirmTitle(name ?? '')}</Heading>
          <p>{words.confirm}</p>
          <div className="actions">
            {/* biome-ignore lint/a11y/noAutofocus: the safe answer has the focus. */}
            <button type="button" className="button" autoFocus onClick={() => onAnswer(false)}>
              {words.no}
            </button>
            <button type="button" className="button danger" onClick={() => onAnswer(true)}>
              {words.yes}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
