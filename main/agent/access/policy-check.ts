import { AppError } from '../../model/app-error.ts';
import type { Access, Answer } from './access.ts';
import type { AppInfo } from './app-info.ts';
import type { AppTokens } from './app-tokens.ts';
import type { SeenApplications } from './seen-applications.ts';
import type { SessionFiles } from './session-files.ts';
import type { Token, TokenFiles } from './token-files.ts';

/** Finds out, without a browser, whether a policy admits the user. */
export function createPolicyCheck(options: {
  readonly apps: { find(hostname: string): Promise<AppInfo> };
  readonly files: TokenFiles;
  readonly sessions: SessionFiles;
  readonly seen: SeenApplications;
  readonly tokens: Pick<AppTokens, 'exchange'>;
  readonly serviceToken: Access['serviceToken'];
  /** The only team domain to sign in to, where the organisation has said one. */
  readonly team: () => string | undefined;
  readonly onAnswer: (answer: Answer) => void;
}): Pick<Access, 'ask' | 'report'> {
  const { apps, files, sessions, seen, tokens, serviceToken, team, onAnswer } = options;
  return {
    async ask(hostname, { after, turn }) {
      // What the policy says of the person is of no matter there.
      if ((await serviceToken(hostname)) !== undefined) return;
      const only = team();
      const usual = (await sessions.lasting()).filter(
        ({ authDomain }) => only === undefined || authDomain === only,
      );
      if (usual.length === 0) return;
      const proves = (token: Token | undefined, { email }: Token) =>
        token !== undefined && token.issuedAt > after && token.email === email;
      const admitted = (authDomain: string, { email }: Token) =>
        onAnswer({ hostname, session: { authDomain, email }, denial: undefined });
      for (const { authDomain, token } of usual)
        if (proves(await files.findApp(hostname, authDomain), token)) return admitted(authDomain, token);
      // A tag may name any host: one that nothing connects with a team learns nothing of the user.
      const teams = usual.map(({ authDomain }) => authDomain);
      if ((await seen.beside([hostname], teams)).length === 0) return;
      await turn();
      const app = await apps.find(hostname);
      const org = await sessions.of(app.authDomain);
      if (org === undefined) return;
      // An application for many host names has a file that only its description names.
      if (proves(await files.readApp(app), org)) return admitted(app.authDomain, org);
      await tokens.exchange(app).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'access-denied') throw error;
      });
    },
    async report(hostname, denial) {
      // Of a service token a refusal says nothing of the person; who is let in by it reaches the cluster.
      if (denial !== undefined && (await serviceToken(hostname)) !== undefined) return;
      const { authDomain } = await apps.find(hostname);
      const org = await sessions.of(authDomain);
      if (org !== undefined) onAnswer({ hostname, session: { authDomain, email: org.email }, denial });
    },
  };
}
