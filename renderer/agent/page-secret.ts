import { type Secret, secretIn } from '../../main/api/web/proof.ts';

const key = 'k8s-tunnels';

/** What lets this tab in: kept for this origin (the port is part of it) and this tab alone, and through a reload. */
export interface PageSecret {
  /** The one to try next. */
  get(): Secret | undefined;
  /** In place of what was kept, in the order in which they are to be tried. */
  keep(...secrets: readonly Secret[]): void;
  /** It opens nothing any more. */
  drop(secret: Secret): void;
}

export function createPageSecret(storage: Pick<Storage, 'getItem' | 'setItem'>): PageSecret {
  const all = () => JSON.parse(storage.getItem(key) ?? '[]') as readonly Secret[];
  const keep = (...secrets: readonly Secret[]) => storage.setItem(key, JSON.stringify(secrets));
  return {
    get: () => all()[0],
    keep,
    drop: (secret) => keep(...all().filter((one) => one.key !== secret.key)),
  };
}

/**
 * Takes the secret out of the page's address, now and whenever another address of the same server is opened in this tab,
 * which changes only the fragment. It leaves the address bar and the history at once. `onNew` is called for later ones.
 */
export function takeFromAddress(secret: PageSecret, onNew: () => void): void {
  const take = (): boolean => {
    const found = secretIn(location.hash);
    if (found === undefined) return false;
    history.replaceState(null, '', location.pathname + location.search);
    secret.keep(found);
    return true;
  };
  take();
  window.addEventListener('hashchange', () => {
    if (take()) onNew();
  });
}
