import { ChevronRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { Licences } from './parts.ts';
import { licencesText } from './text.ts';
import './licences.css';

/** Opens the licences in a dialog. */
export function LicencesButton() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="link-button" onClick={() => setIsOpen(true)}>
        {licencesText.title}
      </button>
      <ModalOverlay className="veil" isOpen={isOpen} isDismissable onOpenChange={setIsOpen}>
        <Modal className="modal licences-modal">
          <Dialog className="licences">
            <Heading slot="title">{licencesText.title}</Heading>
            <Parts />
            <div className="actions">
              <button type="button" className="button" onClick={() => setIsOpen(false)}>
                {licencesText.close}
              </button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}

/** Lists every component with its licence. Loads the long file on demand. */
function Parts() {
  const [read, setRead] = useState<Licences | 'failed'>();
  useEffect(() => {
    const aborting = new AbortController();
    void fetch('./licences.json', { signal: aborting.signal })
      .then((response) => (response.ok ? response.json() : 'failed'))
      .catch(() => 'failed')
      .then((answer: Licences | 'failed') => {
        if (!aborting.signal.aborted) setRead(answer);
      });
    return () => aborting.abort();
  }, []);
  if (read === undefined) return null;
  if (read === 'failed') return <p role="alert">{licencesText.unread}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard.
    <section className="licences-parts" tabIndex={0} aria-label={licencesText.parts}>
      {read.parts.map(({ name, version, licence, text: index }) => (
        <Part key={`${name} ${version}`} title={licencesText.part(name, version)} licence={licence}>
          {read.texts[index] ?? ''}
        </Part>
      ))}
      <p>{licencesText.chromium}</p>
    </section>
  );
}

function Part({
  title,
  licence,
  children,
}: {
  readonly title: string;
  readonly licence: string;
  readonly children: string;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <ChevronRight size={14} aria-hidden />
        <span>{title}</span>
        <small>{licence}</small>
      </summary>
      {isOpen && <pre>{children}</pre>}
    </details>
  );
}
