import { useEffect, useState } from 'react';
import { useActions, usePage } from '../agent/page.tsx';
import { noticesText } from './text.ts';
import './done-toast.css';

const shownMs = 6_000;

/** Shows what was done, with an undo button, for a few seconds; longer while it has the pointer or the focus. */
export function DoneToast() {
  const done = usePage((page) => page.done);
  const { undo, clearDone } = useActions();
  const [isHeld, setHeld] = useState(false);
  const id = done?.id;
  useEffect(() => {
    if (id === undefined) return setHeld(false);
    if (isHeld) return;
    const timer = setTimeout(clearDone, shownMs);
    return () => clearTimeout(timer);
  }, [id, isHeld, clearDone]);
  return (
    <div className="toast-place" role="status">
      {done !== undefined && (
        // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while somebody is at it.
        <div
          className="toast"
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span>{done.title}</span>
          {done.undoable !== undefined && (
            <button type="button" className="link-button" onClick={() => void undo()}>
              {noticesText.undo}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
