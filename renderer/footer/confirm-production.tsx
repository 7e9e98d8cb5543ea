import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useActions, usePage } from '../agent/page.tsx';
import { footerText } from './text.ts';
import './confirm.css';

const limitMinutes = 30;

/** Asks before the current context is switched to a production cluster. */
export function ConfirmProduction() {
  const title = usePage(({ confirming, agent }) =>
    confirming === undefined ? undefined : (agent?.clusters.get(confirming)?.title ?? confirming),
  );
  const { confirmSwitch } = useActions();
  return (
    <ModalOverlay
      className="veil"
      isOpen={title !== undefined}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) void confirmSwitch(false);
      }}
    >
      <Modal className="modal">
        <Dialog role="alertdialog">
          <Heading slot="title">{footerText.confirm.title(title ?? '')}</Heading>
          <p>{footerText.confirm.body}</p>
          <div className="actions">
            {/* The safe answer has the focus. */}
            <button
              type="button"
              className="button"
              ref={(button) => button?.focus()}
              onClick={() => void confirmSwitch(false)}
            >
              {footerText.confirm.no}
            </button>
            <button
              type="button"
              className="button danger"
              onClick={() => void confirmSwitch(true, limitMinutes)}
            >
              {footerText.confirm.limited(limitMinutes)}
            </button>
            <button type="button" className="button danger" onClick={() => void confirmSwitch(true)}>
              {footerText.confirm.yes}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
