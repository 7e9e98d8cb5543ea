import type { Account } from '../../model/account.ts';
import type { Access } from '../access/access.ts';
import type { LoginProvider } from '../providers/login-provider.ts';

const noCluster =
  'Cloudflare Access signs you in at one of your clusters, and none is known yet. Sign in to where your clusters are first.';

/**
 * Signs in to organisations of Cloudflare Access, each by its team domain. Connecting a cluster begins the logins that
 * it needs automatically.
 */
export function createAccessLogin(options: {
  readonly access: Access;
  /** `~/.cloudflared` */
  readonly folder: string;
  /** The organisation's team domain. */
  readonly team: () => string | undefined;
  /** The applications of the clusters: the login uses one of them. */
  readonly hostnames: () => readonly string[];
  /**
   * Called when the tokens of these applications are removed. Returns the titles of the tunnels that still have
   * connections.
   */
  readonly onSignedOut: (hostnames: readonly string[]) => readonly string[];
}): LoginProvider {
  const { access, folder } = options;
  return {
    kind: 'access',
    title: 'Cloudflare Access',
    setUp: 'Connect a cluster: the sign-in begins automatically.',
    async accounts() {
      const { sessions, ended: over } = await access.sessions();
      const held = sessions.map(
        ({ authDomain: session, email, endsAt }): Account => ({
          provider: 'access',
          session,
          ...who(email),
          status: 'signed-in',
          endsAt,
          renews: false,
          store: folder,
          asks: 'browser',
          ours: true,
        }),
      );
      const ended = new Map(over.map((one) => [one.authDomain, one.email]));
      const { kept, seen } = await access.organisations();
      const team = options.team();
      const others = new Set([...kept, ...seen, team ?? []].flat());
      for (const { session } of held) others.delete(session);
      const hasCluster = options.hostnames().length > 0;
      return [
        ...held,
        ...[...others].map(
          (session): Account => ({
            provider: 'access',
            session,
            ...who(ended.get(session)),
            status: kept.includes(session) ? 'ended' : 'signed-out',
            renews: false,
            store: folder,
            asks: 'browser',
            ours: true,
            // A team that only a cluster uses is signed in to when that cluster is connected.
            ...(session === team ? { needed: true } : {}),
            ...(hasCluster || seen.includes(session) ? {} : { blocked: noCluster }),
          }),
        ),
      ];
    },
    signIn: ({ session: authDomain, signal }) =>
      access.login(authDomain, { hostnames: options.hostnames(), signal }),
    async signOut(authDomain) {
      const { files, hostnames } = await access.signOut(authDomain);
      if (files.length === 0) return { removed: [], remaining: [] };
      const standing = options.onSignedOut(hostnames);
      return {
        removed: [
          `The session of ${authDomain} and the tokens of its applications (${files.length} in ${folder})`,
        ],
        remaining: [
          `The session in the browser. Sign out there: https://${authDomain}/cdn-cgi/access/logout`,
          ...(standing.length === 0
            ? []
            : [`Connections that are open already, until they end: ${standing.join(', ')}.`]),
        ],
      };
    },
  };
}

function who(email: string | undefined): Pick<Account, 'who'> {
  return email === undefined ? {} : { who: email };
}
