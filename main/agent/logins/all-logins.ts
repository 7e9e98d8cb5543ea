import type { LoginView } from '../../model/account.ts';
import type { Access } from '../access/access.ts';
import type { Policies } from '../access/policies.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { hostnamesOf } from '../catalog/hostnames.ts';
import { titleOf } from '../operations/clusters.ts';
import type { OrganisationKeeper } from '../organisation/organisation.ts';
import { switchedOffBy } from '../organisation/switched-off.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import { applicationOf } from '../providers/catalog/ask-catalog.ts';
import type { LoginProvider } from '../providers/login-provider.ts';
import type { Provider } from '../providers/provider.ts';
import type { Tunnel } from '../tunnels/tunnel.ts';
import { createAccessLogin } from './access-login.ts';
import { createLogins, type Logins } from './logins.ts';
import type { Tab } from './tab.ts';

/** The logins to the providers and to Cloudflare Access, with the agent's environment and with those of shells. */
export function createAllLogins(options: {
  readonly access: Access;
  readonly catalog: Pick<Catalog, 'clusters' | 'get'>;
  readonly policies: Pick<Policies, 'get'>;
  readonly providers: readonly Provider[];
  readonly organisation: Pick<OrganisationKeeper, 'current'>;
  readonly env: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tab: Pick<Tab, 'openUrl' | 'next'>;
  /** `~/.cloudflared` */
  readonly folder: string;
  /** The organisation's team domain. */
  readonly team: () => string | undefined;
  /** Returns the tunnels of clusters with such an application. */
  readonly tunnelsWhere: (isTheirs: (hostname: string) => boolean) => readonly Tunnel[];
  /** Ends the secrets of clusters that a session of these applications opens. */
  readonly endSecretsOf: (isTheirs: (hostname: string) => boolean) => void;
  /** Called when the pending logins have changed. */
  readonly onChange: () => void;
}): {
  readonly logins: Logins;
  /** Creates the logins to these providers and to Access. Call `end` when they are not needed any more. */
  loginsFor(providers: readonly Provider[]): { readonly logins: Logins; end(): void };
  /** Returns the pending logins. */
  waiting(): readonly LoginView[];
  close(): void;
} {
  const { access, catalog, policies, organisation, tunnelsWhere, endSecretsOf } = options;
  const isDenied = (hostname: string) => policies.get(hostname)?.verdict === 'denied';
  const accessLogin = createAccessLogin({
    ...options,
    hostnames() {
      const clusters = Array.from(catalog.clusters(), ({ id }) => id);
      const ofCatalog = organisation.current()?.sources?.catalog?.url;
      return [
        ...hostnamesOf(catalog, clusters),
        // Before the first cluster is known.
        ...(ofCatalog === undefined ? [] : [applicationOf(ofCatalog)]),
        // Those whose policy denies this user come last.
      ].toSorted((a, b) => Number(isDenied(a)) - Number(isDenied(b)));
    },
    onSignedOut(hostnames) {
      endSecretsOf((hostname) => hostnames.includes(hostname));
      const left = tunnelsWhere((hostname) => hostnames.includes(hostname));
      // Wake them: they find out that they need a login, and close their spare connection.
      for (const tunnel of left) tunnel.wake();
      const isUsed = (tunnel: Tunnel) => (tunnel.traffic()?.connections ?? 0) > 0;
      return left.filter(isUsed).map(({ id }) => titleOf(catalog, id));
    },
  });
  /** Where the organisation's catalog replaces all listings, no session is missing until a cluster needs it. */
  const forListing = (login: LoginProvider): LoginProvider => ({
    ...login,
    async accounts() {
      const accounts = await login.accounts();
      const isListed = organisation.current()?.sources?.catalog?.mode === 'only' && login.kind !== 'oidc';
      return isListed ? accounts.map(({ needed: _, ...account }) => account) : accounts;
    },
  });
  const others = new Set<Logins>();
  const loginsTo = (those: readonly Provider[]) =>
    createLogins({
      ...options,
      providers: [
        accessLogin,
        ...those.flatMap(({ login }) => (login === undefined ? [] : forListing(login))),
      ],
      offBy: (kind) => switchedOffBy(kind, organisation.current()),
    });
  const logins = loginsTo(options.providers);
  return {
    logins,
    loginsFor(those) {
      const made = loginsTo(those);
      others.add(made);
      return {
        logins: made,
        end() {
          made.close();
          others.delete(made);
        },
      };
    },
    waiting() {
      const ofAccess = access.logins().map(({ authDomain, ...rest }) => {
        return { kind: 'access', title: authDomain, session: authDomain, ...rest } as const;
      });
      return [...ofAccess, ...[logins, ...others].flatMap((one) => one.waiting())];
    },
    close() {
      for (const one of [logins, ...others]) one.close();
    },
  };
}
