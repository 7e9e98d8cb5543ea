import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useActions, usePage } from '../agent/page.tsx';
import { Facts } from '../detail/card.tsx';
import { footerText } from './text.ts';
import './confirm.css';

/** Asks before a cluster's API server receives the user's ID token. */
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
            <Heading slot="title">{footerText.consent.title(consent.title)}</Heading>
            <p>{consent.changed ? footerText.consent.changed : footerText.consent.body}</p>
            <div className="consent-facts">
              <Facts
                facts={[
                  [footerText.consent.server, <code key="server">{consent.server}</code>],
                  [footerText.consent.serverName, consent.serverName],
                  [
                    footerText.consent.authority,
                    consent.authority === undefined ? (
                      footerText.consent.computer
                    ) : (
                      <code key="authority">{consent.authority}</code>
                    ),
                  ],
                  [footerText.consent.issuer, <code key="issuer">{consent.issuer}</code>],
                  [footerText.consent.client, <code key="client">{consent.clientId}</code>],
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
                {footerText.consent.no}
              </button>
              <button type="button" className="button danger" onClick={() => void decideConsent(true)}>
                {footerText.consent.yes}
              </button>
            </div>
          </Dialog>
        )}
      </Modal>
    </ModalOverlay>
  );
}
