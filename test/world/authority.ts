import type { KeyAndCertificate } from './certificates.ts';
import { nextSlot, stored } from './stored.ts';

export type { KeyAndCertificate } from './certificates.ts';

/** A certificate authority of the world: the public internet's, or one cluster's own. */
export interface Authority {
  /** PEM of the root. */
  readonly certificate: string;
  /** Signs a server certificate for host names and IP addresses. */
  issueServer(names: readonly string[]): Promise<KeyAndCertificate>;
  /** Signs a client certificate as Kubernetes reads it: CN is the user, O the groups. */
  issueClient(user: string, groups: readonly string[]): Promise<KeyAndCertificate>;
}

// Loaded by who makes something: it costs more than all that is read back.
const certificates = () => import('./certificates.ts');

/** What an authority issues is kept for the run, and is another one each time that it is asked for again. */
export async function createAuthority(name: string): Promise<Authority> {
  const slot = nextSlot(`authority ${name}`);
  const root = await stored(slot, async () => (await certificates()).makeRoot(name));
  const issued = new Map<string, number>();
  const once = (what: string, make: () => Promise<KeyAndCertificate>) => {
    const times = issued.get(what) ?? 0;
    issued.set(what, times + 1);
    return stored(`${slot} ${what} ${times}`, make);
  };
  return {
    certificate: root.certificate,
    issueServer: (names) =>
      once(JSON.stringify(names), async () =>
        (await certificates()).makeServer(root, names, names[0] ?? name),
      ),
    issueClient: (user, groups) =>
      once(JSON.stringify({ user, groups }), async () =>
        (await certificates()).makeClient(root, user, groups),
      ),
  };
}
