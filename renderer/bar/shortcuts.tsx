import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { barText } from './text.ts';

const modifier = navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl';

/** Not every font has arrow glyphs. */
const pictures: Readonly<Record<string, ReactNode>> = {
  '↑': <ArrowUp size={11} role="img" aria-label={barText.shortcuts.up} />,
  '↓': <ArrowDown size={11} role="img" aria-label={barText.shortcuts.down} />,
};

/** Lists all keyboard shortcuts. */
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
          <Heading slot="title">{barText.shortcuts.title}</Heading>
          <dl className="shortcuts">
            {barText.shortcuts.keys(modifier).map(([keys, effect]) => (
              <div key={effect}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{pictures[key] ?? key}</kbd>
                  ))}
                </dt>
                <dd>{effect}</dd>
              </div>
            ))}
          </dl>
          <div className="actions">
            <Button slot="close" className="button" autoFocus>
              {barText.shortcuts.close}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
