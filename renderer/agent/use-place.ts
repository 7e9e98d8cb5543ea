import { useEffect } from 'react';
import { type Place, placeIn } from '../../main/api/place.ts';

/** Goes where the address leads, now and whenever it changes. It is used up by that: the same way may come again. */
export function usePlace(go: (place: Exclude<Place, { readonly kind: 'release' }>) => void): void {
  useEffect(() => {
    const look = () => {
      const place = placeIn(location.hash);
      // What is new lies over every page: release-notice.tsx takes it.
      if (place === undefined || place.kind === 'release') return;
      history.replaceState(null, '', location.pathname + location.search);
      go(place);
    };
    look();
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, [go]);
}
