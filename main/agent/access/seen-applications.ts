import type { AppInfo } from './app-info.ts';
import { isBeside } from './known-hosts.ts';
import type { TokenFiles } from './token-files.ts';

/** The applications that are verified to be a team's: seen by this agent, or with a token in `~/.cloudflared`. */
export interface SeenApplications {
  add(app: AppInfo): void;
  /** One of the team's that this agent has seen. */
  of(authDomain: string): AppInfo | undefined;
  teams(): readonly string[];
  /** Those of the host names that lie beside a known application of these teams: asking them tells nobody anything new. */
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
