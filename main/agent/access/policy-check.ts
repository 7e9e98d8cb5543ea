import { AppError } from '../../model/app-error.ts';
import type { Access, Answer } from './access.ts';
import type { AppInfo } from './app-info.ts';
import type { AppTokens } from './app-tokens.ts';
import type { SeenApplications } from './seen-applications.ts';
import type { SessionFiles } from './session-files.ts';
import type { Token, TokenFiles } from './token-files.ts';

/** Checks, without a browser, whether a policy allows the user. */
export function createPolicyCheck(options: {
  readonly apps: { find(hostname: string): Promise<AppInfo> };
  readonly files: TokenFiles;
  readonly sessions: SessionFiles;
  readonly seen: SeenApplications;
  readonly tokens: Pick<AppTokens, 'exchange'>;
  readonly serviceToken: Access['serviceToken'];
  /** The only team domain to sign in to, if the organisation's configuration names one. */
  readonly team: () => string | undefined;
  readonly onAnswer: (answer: Answer) => void;
}): Pick<Access, 'ask' | 'report'> {
  const { apps, files, sessions, seen, tokens, serviceToken, team, onAnswer } = options;
  return {
    async ask(hostname, { after, turn }) {
      // The policy's decision about the user does not matter here.
      if ((await serviceToken(hostname)) !== undefined) return;
      const only = team();
      const lasting = (await sessions.lasting()).filter(
        ({ authDomain }) => only === undefined || authDomain === only,
      );
      if (lasting.length === 0) return;
      const proves = (token: Token | undefined, { email }: Token) =>
        token !== undefined && token.issuedAt > after && token.email === email;
      const admitted = (authDomain: string, { email }: Token) =>
        onAnswer({ hostname, session: { authDomain, email }, denial: undefined });
      for (const { authDomain, token } of lasting)
        if (proves(await files.findApp(hostname, authDomain), token)) return admitted(authDomain, token);
      // A tag may name any host: reveal nothing about the user to a host that nothing connects with a team.
      const teams = lasting.map(({ authDomain }) => authDomain);
      if ((await seen.beside([hostname], teams)).length === 0) return;
      await turn();
      const app = await apps.find(hostname);
      const org = await sessions.of(app.authDomain);
      if (org === undefined) return;
      // The token file of an application for several hostnames is named only in its description.
      if (proves(await files.readApp(app), org)) return admitted(app.authDomain, org);
      await tokens.exchange(app).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'access-denied') throw error;
      });
    },
    async report(hostname, denial) {
      // A denial of a service token says nothing about the user, who reaches the cluster with that token.
      if (denial !== undefined && (await serviceToken(hostname)) !== undefined) return;
      const { authDomain } = await apps.find(hostname);
      const org = await sessions.of(authDomain);
      if (org !== undefined) onAnswer({ hostname, session: { authDomain, email: org.email }, denial });
    },
  };
}
