import { readFile } from 'node:fs/promises';
import type { Account } from '../../../model/account.ts';
import { AppError } from '../../../model/app-error.ts';
import { isSealedError, type SignInFile } from '../../sealing/sign-in-file.ts';
import { createGcpSession, type GcpParts, type GcpSession } from './adc.ts';
import { adcFile } from './credential-files.ts';
import { keptIn, type OwnSession, onlySession, readOwnSessions, sessionName } from './own-sessions.ts';

/** The Google accounts of this computer, for the list of accounts. */
export interface HeldAccounts {
  /** Returns our own sessions, the last login first. */
  own(): Promise<readonly Account[]>;
  /** Returns what another program has stored. */
  foreign(): Promise<readonly Account[]>;
  /** Returns our session as it is without credentials. */
  possible(status: Account['status']): Account;
  /** Call them after a login or a sign-out: what was known of sessions is checked again. */
  signedIn(account: string): void;
  signedOut(): void;
}

export function createHeldAccounts(parts: GcpParts & { readonly ownFile: SignInFile }): HeldAccounts {
  const { env, ownFile } = parts;
  /** One per account, so that a token is requested once an hour and not at every look. */
  const checks = new Map<string, GcpSession>();
  /** The account of the last login. */
  let latest: string | undefined;
  const foreignFile = env.GOOGLE_APPLICATION_CREDENTIALS || adcFile(parts);
  const shown = { provider: 'gcp', asks: 'browser' } as const;

  const check = async (key: string, own: Partial<GcpParts>): Promise<Account['status']> => {
    const login = checks.get(key) ?? createGcpSession({ ...parts, ...own });
    checks.set(key, login);
    try {
      await login.access();
      return 'signed-in';
    } catch (error) {
      return error instanceof AppError && error.code === 'gcp-session-expired' ? 'ended' : 'signed-in';
    }
  };

  const possible = (status: Account['status']): Account => ({
    ...shown,
    session: onlySession,
    status,
    renews: false,
    store: ownFile.store,
    ours: true,
  });

  return {
    possible,
    async own() {
      let sessions: readonly OwnSession[];
      try {
        sessions = await readOwnSessions(ownFile);
      } catch (error) {
        if (!isSealedError(error)) throw error;
        return [{ ...possible('ended'), store: `${ownFile.path}, sealed: ${error.hint}` }];
      }
      const several = sessions.length > 1;
      return Promise.all(
        sessions
          .filter(({ text }) => keptIn(text) !== undefined)
          .toSorted((a, b) => Number(b.account === latest) - Number(a.account === latest))
          .map(async ({ account }) => ({
            ...possible(await check(`own ${account}`, several ? { account } : {})),
            session: sessionName(sessions, account),
            ...(account === '' ? {} : { who: account }),
            renews: true,
          })),
      );
    },
    async foreign() {
      const kept = await readFile(foreignFile, 'utf8').then(keptIn, () => undefined);
      if (kept === undefined) return [];
      const who = kept.account || kept.client_email;
      const status = await check('foreign', { env: { ...env, GOOGLE_APPLICATION_CREDENTIALS: foreignFile } });
      return [
        {
          ...shown,
          session: 'application-default credentials',
          ...(who === undefined ? {} : { who }),
          status,
          renews: true,
          store: foreignFile,
          ours: false,
        },
      ];
    },
    signedIn(account) {
      latest = account;
      checks.clear();
    },
    signedOut: () => checks.clear(),
  };
}
