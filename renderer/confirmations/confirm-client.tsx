import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useActions, usePage } from '../agent/page.tsx';
import '../footer/confirm.css';
import { confirmationsText } from './text.ts';

/** Asks before an AI client may read a production cluster. Only a button answers: a click elsewhere could be an accident. */
export function ConfirmClient() {
  const asked = usePage(({ agent }) => agent?.confirmations?.[0]);
  const title = usePage(({ agent }) =>
    asked === undefined ? '' : (agent?.clusters.get(asked.cluster)?.title ?? asked.cluster),
  );
  const { answerClient } = useActions();
  return (
    <ModalOverlay className="veil" isOpen={asked !== undefined} isKeyboardDismissDisabled>
      <Modal className="modal">
        {asked !== undefined && (
          <Dialog role="alertdialog" key={asked.id}>
            <Heading slot="title">{confirmationsText.title(asked.client, title)}</Heading>
            <p>{confirmationsText.body(asked.pid)}</p>
            <div className="actions">
              {/* The safe answer has the focus. */}
              <button
                type="button"
                className="button"
                ref={(button) => button?.focus()}
                onClick={() => void answerClient(asked.id, false)}
              >
                {confirmationsText.no}
              </button>
              <button
                type="button"
                className="button danger"
                onClick={() => void answerClient(asked.id, true)}
              >
                {confirmationsText.yes}
              </button>
            </div>
          </Dialog>
        )}
      </Modal>
    </ModalOverlay>
  );
}
