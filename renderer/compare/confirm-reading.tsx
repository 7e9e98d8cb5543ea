import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { PlainError } from '../../main/model/app-error.ts';
import { compareText } from './text.ts';

const { asks } = compareText;

/** Asks before production is read, where the agent asks for it. */
export function ConfirmReading({
  error,
  onNo,
  onYes,
}: {
  /** The agent's question; undefined closes the dialog. */
  readonly error: PlainError | undefined;
  readonly onNo: () => void;
  readonly onYes: () => void;
}) {
  return (
    <ModalOverlay
      className="veil"
      isOpen={error !== undefined}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) onNo();
      }}
    >
      <Modal className="modal">
        <Dialog role="alertdialog">
          <Heading slot="title">{asks.title}</Heading>
          <p>
            {error?.message} {asks.body}
          </p>
          <div className="actions">
            {/* The safe answer has the focus. */}
            <button type="button" className="button" ref={(button) => button?.focus()} onClick={onNo}>
              {asks.no}
            </button>
            <button type="button" className="button danger" onClick={onYes}>
              {asks.yes}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
