import { useEffect } from 'react';
import { type Place, placeIn } from '../../main/api/place.ts';

/** Goes where the address leads, now and whenever it changes. It is used up by that: the same way may come again. */
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
