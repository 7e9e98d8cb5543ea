import { useSyncExternalStore } from 'react';

// Must match window.css.
const wide = window.matchMedia('(min-width: 900px)');

function onChange(listener: () => void): () => void {
  wide.addEventListener('change', listener);
  return () => wide.removeEventListener('change', listener);
}

/** Returns whether the window is wide enough to show a page beside the list. */
export function useIsWide(): boolean {
  return useSyncExternalStore(onChange, () => wide.matches);
}
