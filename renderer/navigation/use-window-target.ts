import { useEffect } from 'react';
import { targetIn, type WindowTarget } from '../../main/api/window-target.ts';

/**
 * Calls `go` with the target that the page's address names, now and whenever the address changes. The fragment is removed
 * at once, so that the same target can be opened again.
 */
export function useWindowTarget(go: (target: WindowTarget) => void): void {
  useEffect(() => {
    const look = () => {
      const target = targetIn(location.hash);
      if (target === undefined) return;
      history.replaceState(null, '', location.pathname + location.search);
      go(target);
    };
    look();
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, [go]);
}
