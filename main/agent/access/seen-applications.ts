import type { AppInfo } from './app-info.ts';
import { isBeside } from './known-hosts.ts';
import type { TokenFiles } from './token-files.ts';

/** The applications that are verified to belong to a team: seen by this agent, or with a token in `~/.cloudflared`. */
export interface SeenApplications {
  add(app: AppInfo): void;
  /** Returns one of the team's applications that this agent has seen. */
  of(authDomain: string): AppInfo | undefined;
  teams(): readonly string[];
  /**
   * Returns the hostnames that are beside a known application of these teams: asking those reveals nothing new to
   * others.
   */
  beside(hostnames: readonly string[], teams: readonly string[]): Promise<readonly string[]>;
}

export function createSeenApplications(files: Pick<TokenFiles, 'applications'>): SeenApplications {
  const seen = new Map<string, AppInfo>();
  return {
    add: (app) => void seen.set(app.authDomain, app),
    of: (authDomain) => seen.get(authDomain),
    teams: () => [...seen.keys()],
    async beside(hostnames, teams) {
      const known = [
        ...(await files.applications()).flatMap(({ hostname, team }) =>
          teams.includes(team) ? hostname : [],
        ),
        ...[...seen.values()].flatMap((app) => (teams.includes(app.authDomain) ? app.appHostname : [])),
      ];
      return hostnames.filter((hostname) => isBeside(hostname, known));
    },
  };
}
