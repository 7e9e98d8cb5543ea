import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useActions, usePage } from '../agent/page.tsx';
import { Facts } from '../detail/card.tsx';
import { text } from '../text/text.ts';
import './confirm.css';

const words = text.consent;

/** Before a cluster's API server receives the user's id token. */
export function ConfirmConsent() {
  const consent = usePage(({ consents }) => consents[0]);
  const { decideConsent } = useActions();
  return (
    <ModalOverlay
      className="veil"
      isOpen={consent !== undefined}
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) void decideConsent(false);
      }}
    >
      <Modal className="modal">
        {consent !== undefined && (
          <Dialog role="alertdialog">
            <Heading slot="title">{words.title(consent.title)}</Heading>
            <p>{consent.changed ? words.changed : words.body}</p>
            <div className="consent-facts">
              <Facts
                facts={[
                  [words.server, <code key="server">{consent.server}</code>],
                  [words.serverName, consent.serverName],
                  [
                    words.authority,
                    consent.authority === undefined ? (
                      words.computer
                    ) : (
                      <code key="authority">{consent.authority}</code>
                    ),
                  ],
                  [words.issuer, <code key="issuer">{consent.issuer}</code>],
                  [words.client, <code key="client">{consent.clientId}</code>],
                ]}
              />
            </div>
            <div className="actions">
              {/* The safe answer has the focus. */}
              <button
                type="button"
                className="button"
                ref={(button) => button?.focus()}
                onClick={() => void decideConsent(false)}
              >
                {words.no}
              </button>
              <button type="button" className="button danger" onClick={() => void decideConsent(true)}>
                {words.yes}
              </button>
            </div>
          </Dialog>
        )}
      </Modal>
    </ModalOverlay>
  );
}
