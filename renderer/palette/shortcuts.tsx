import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { text } from '../text/text.ts';

const modifier = navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl';

/** Not every font has arrows. */
const pictures: Readonly<Record<string, ReactNode>> = {
  '↑': <ArrowUp size={11} role="img" aria-label={text.shortcuts.up} />,
  '↓': <ArrowDown size={11} role="img" aria-label={text.shortcuts.down} />,
};

/** All keys that do something. */
export function Shortcuts({
  isOpen,
  onOpen,
}: {
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
}) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} isDismissable onOpenChange={onOpen}>
      <Modal className="modal">
        <Dialog>
          <Heading slot="title">{text.shortcuts.title}</Heading>
          <dl className="shortcuts">
            {text.shortcuts.keys(modifier).map(([keys, deed]) => (
              <div key={deed}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{pictures[key] ?? key}</kbd>
                  ))}
                </dt>
                <dd>{deed}</dd>
              </div>
            ))}
          </dl>
          <div className="actions">
            <Button slot="close" className="button" autoFocus>
              {text.shortcuts.close}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
