import { useEffect } from 'react';

/** A key that works wherever the focus is. `type` is a letter or a digit, which the search field is to receive. */
export type GlobalKey = 'bar' | 'type' | 'shortcuts' | 'undo';

/** Their own keys choose an item by its first letters. */
const choosers = '.popover, [role="menu"], [role="listbox"], [role="dialog"], [role="alertdialog"]';

/**
 * Handles keys wherever the focus is: plain characters only outside text fields, and none while a dialog is open. The
 * search field counts as no text field while it is empty: it has the focus when nothing else has it.
 */
export function useGlobalKeys(onKey: (key: GlobalKey) => void): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector('.veil') !== null) return;
      const { key, target, altKey } = event;
      const withControl = event.ctrlKey || event.metaKey;
      const letter = key.toLowerCase();
      const pass = (what: GlobalKey) => {
        event.preventDefault();
        onKey(what);
      };
      if (withControl && letter === 'k') return pass('bar');
      if (withControl && letter === 'z' && !isFilled(target)) return pass('undo');
      if (withControl || altKey || isField(target) || isChooser(target)) return;
      if (key === '/') pass('bar');
      else if (key === '?') pass('shortcuts');
      // The key goes on to the field, which has the focus then.
      else if (/^[\p{L}\p{N}]$/u.test(key)) onKey('type');
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [onKey]);
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select'))
  );
}

/** Returns whether the browser's own undo has something to take back. */
function isFilled(target: EventTarget | null): boolean {
  if (!isField(target)) return false;
  return !(target instanceof HTMLInputElement && target.type === 'search' && target.value === '');
}

function isChooser(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(choosers) !== null;
}
