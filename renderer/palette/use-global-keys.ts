import { useEffect } from 'react';

/** Handles keys wherever the focus is: plain characters only outside text fields, and none while a dialog is open. */
export function useGlobalKeys(onKey: (key: 'palette' | 'shortcuts' | 'search' | 'undo') => void): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('.veil') !== null) return;
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input:not([type=checkbox]), select');
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') onKey('palette');
      else if (isTyping) return;
      else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') onKey('undo');
      else if (event.ctrlKey || event.metaKey) return;
      else if (event.key === '/') onKey('search');
      else if (event.key === '?') onKey('shortcuts');
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [onKey]);
}
