import { useEffect } from 'react';
import { type Place, placeIn } from '../../main/api/place.ts';

/**
 * Calls `go` with the place that the page's address names, now and whenever the address changes. The fragment is removed
 * at once, so that the same place can be opened again.
 */
export function usePlace(go: (place: Place) => void): void {
  useEffect(() => {
    const look = () => {
      const place = placeIn(location.hash);
      if (place === undefined) return;
      history.replaceState(null, '', location.pathname + location.search);
      go(place);
    };
    look();
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, [go]);
}
