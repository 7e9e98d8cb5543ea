import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useAgent } from '../agent/page.tsx';
import { text } from '../text/text.ts';
import { Notes } from './notes.tsx';
import './releases.css';

/** What is new in the release that is out, over the page. */
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
  const date = new Date(publishedAt).toLocaleDateString(undefined, { dateStyle: 'long' });
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
          <Heading slot="title">{text.release.out(version)}</Heading>
          <small>
            {isRequired && `${text.release.required} `}
            {text.release.published(date)}
          </small>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard. */}
          <section className="release-text" tabIndex={0} aria-label={text.release.notes}>
            {notes.trim() === '' ? <p>{text.release.none}</p> : <Notes notes={notes} />}
          </section>
          <div className="actions">
            <button type="button" className="button" onClick={onClose}>
              {text.release.close}
            </button>
            <a className="button primary" href={url} target="_blank" rel="noreferrer">
              {text.release.download}
            </a>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
