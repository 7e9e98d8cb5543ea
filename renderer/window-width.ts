import { useSyncExternalStore } from 'react';

// As window.css has it.
const wide = window.matchMedia('(min-width: 900px)');

function onChange(tell: () => void): () => void {
  wide.addEventListener('change', tell);
  return () => wide.removeEventListener('change', tell);
}

/** Whether a page stands beside the list, not in its place. */
export function useIsWide(): boolean {
  return useSyncExternalStore(onChange, () => wide.matches);
}
