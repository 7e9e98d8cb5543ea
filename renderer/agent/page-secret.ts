import { type Secret, secretIn } from '../../main/api/web/proof.ts';

const key = 'k8s-tunnels';

/** The secret of this tab: stored for this origin (including the port) and this tab only; survives a reload. */
export interface PageSecret {
  /** Returns the secret to try next. */
  get(): Secret | undefined;
  /** Replaces the stored secrets; they are tried in this order. */
  keep(...secrets: readonly Secret[]): void;
  /** Removes a secret that is no longer valid. */
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
 * Moves the secret from the page's address, and its history, into `secret`. Returns whether there was one: at the start, and
 * whenever another address of the same server is opened in this tab, which only changes the fragment.
 */
export function takeFromAddress(secret: PageSecret): boolean {
  const found = secretIn(location.hash);
  if (found === undefined) return false;
  history.replaceState(null, '', location.pathname + location.search);
  secret.keep(found);
  return true;
}
