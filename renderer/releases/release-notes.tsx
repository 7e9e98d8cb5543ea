import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useAgent } from '../agent/page.tsx';
import { Notes } from './notes.tsx';
import { releasesText } from './text.ts';
import './releases.css';
import { dateOf } from '../text/times.ts';

/** Shows the notes of the new release in a dialog. */
export function ReleaseNotes({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const release = useAgent((agent) => agent.release);
  if (release === undefined) return null;
  const { version, notes, url, publishedAt, isRequired } = release;
  const date = dateOf(Date.parse(publishedAt));
  return (
    <ModalOverlay
      className="veil"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="modal release-modal">
        <Dialog className="release-notes">
          <Heading slot="title">{releasesText.out(version)}</Heading>
          <small>
            {isRequired && `${releasesText.required} `}
            {releasesText.published(date)}
          </small>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard. */}
          <section className="release-text" tabIndex={0} aria-label={releasesText.notes}>
            {notes.trim() === '' ? <p>{releasesText.none}</p> : <Notes notes={notes} />}
          </section>
          <div className="actions">
            <button type="button" className="button" onClick={onClose}>
              {releasesText.close}
            </button>
            <a className="button primary" href={url} target="_blank" rel="noreferrer">
              {releasesText.download}
            </a>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
