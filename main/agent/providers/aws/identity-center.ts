import { isDeepStrictEqual } from 'node:util';
import type { AppError } from '../../../model/app-error.ts';
import type { Clock } from '../../parts.ts';
import { roleRank } from './choice.ts';
import { awsError } from './errors.ts';
import { type AwsMemory, type GrantedAccount, isRecent } from './memory.ts';
import type { AwsPortal } from './portal.ts';
import { type AwsPrincipal, rolePrincipal } from './profiles.ts';
import type { AwsSession } from './sessions.ts';

/** How many roles of one account are tried. */
const rolesTried = 3;

/** A session that currently reaches no account. */
export interface SessionFailure {
  readonly session: AwsSession;
  readonly error: AppError;
}

export interface IdentityCenter {
  /**
   * Reports every account that the sessions grant, with the ways into it, best first: the remembered ones at once, and
   * if those are a day old, what the portal returns now. An account may be reported twice. Sends no request for an
   * expired session: it is a failure.
   */
  open(options: {
    readonly sessions: readonly AwsSession[];
    readonly profiles: readonly AwsPrincipal[];
    readonly signal: AbortSignal;
    onAccount(
      account: { readonly id: string; readonly name?: string | undefined },
      places: readonly AwsPrincipal[],
    ): void;
  }): Promise<readonly SessionFailure[]>;
  /** Records that this way listed clusters: it is tried first from now on. */
  succeeded(principal: AwsPrincipal): Promise<void>;
  /** Records that the portal no longer gives this role: the next run loads the grants again. */
  refused(principal: AwsPrincipal): Promise<void>;
}

export function createIdentityCenter(options: {
  readonly portal: AwsPortal;
  readonly memory: AwsMemory;
  readonly clock: Clock;
  /** The role names that the organisation prefers, best first. */
  readonly roles: () => readonly string[];
}): IdentityCenter {
  const { portal, memory, clock } = options;

  const list = async (
    session: AwsSession,
    signal: AbortSignal,
    report: (account: GrantedAccount) => void,
  ) => {
    const { portals } = await memory.read();
    const token = await portal.tokenName(session);
    const remembered = portals[session.startUrl];
    const known = token?.follows(remembered?.token) === true ? remembered : undefined;
    if (known !== undefined && token !== undefined) known.token = token.name;
    for (const account of known?.accounts ?? []) report(account);
    if (isRecent(known?.readAt, clock)) return;
    const granted = await portal.accounts(session, signal);
    const accounts = await Promise.all(
      granted.map(async ({ id, name }): Promise<GrantedAccount> => {
        const before = known?.accounts.find((one) => one.id === id);
        // Reuse the object, because one of its roles may turn out to work in the meantime.
        const account: GrantedAccount = before ?? { id, roles: [] };
        const roles = await portal.roles(session, id, signal);
        const changed =
          before === undefined ||
          before.name !== name ||
          !isDeepStrictEqual(new Set(before.roles), new Set(roles));
        account.roles = [...roles];
        if (name !== undefined) account.name = name;
        if (changed) report(account);
        return account;
      }),
    );
    portals[session.startUrl] = {
      readAt: clock.now(),
      ...(token === undefined ? {} : { token: token.name }),
      accounts,
    };
  };

  return {
    async open({ sessions, profiles, signal, onAccount }) {
      const failures = await Promise.all(
        [...Map.groupBy(sessions, ({ startUrl }) => startUrl).values()].map(async (alike) => {
          // Sessions with different names for one portal are equivalent: use any that is signed in.
          let failure: SessionFailure | undefined;
          for (const session of alike) {
            try {
              await portal.token(session);
              await list(session, signal, ({ id, name, roles, works }) =>
                onAccount(
                  { id, name },
                  placesOf({ session, id, roles, works, profiles, wanted: options.roles() }),
                ),
              );
              return [];
            } catch (error) {
              signal.throwIfAborted();
              failure ??= { session, error: await sessionError(session, error) };
            }
          }
          return failure ?? [];
        }),
      );
      return failures.flat();
    },
    async succeeded({ role }) {
      const account = await grantedIn(memory, role);
      if (account !== undefined && role !== undefined) account.works = role.name;
    },
    async refused({ role }) {
      const { portals } = await memory.read();
      const portalOf = role === undefined ? undefined : portals[role.session.startUrl];
      if (portalOf !== undefined) portalOf.readAt = 0;
    },
  };
}

async function grantedIn(memory: AwsMemory, role: AwsPrincipal['role']): Promise<GrantedAccount | undefined> {
  if (role === undefined) return undefined;
  return (await memory.read()).portals[role.session.startUrl]?.accounts.find(({ id }) => id === role.account);
}

function placesOf(options: {
  readonly session: AwsSession;
  readonly id: string;
  readonly roles: readonly string[];
  readonly works: string | undefined;
  readonly profiles: readonly AwsPrincipal[];
  /** Best first, before roles that worked: the organisation decides. */
  readonly wanted: readonly string[];
}): readonly AwsPrincipal[] {
  const { session, id, roles, works, profiles, wanted } = options;
  const named = profiles.flatMap(({ role }) =>
    role?.session.startUrl === session.startUrl && role.account === id ? [role.name] : [],
  );
  const rank = (role: string) => {
    if (wanted.includes(role)) return wanted.indexOf(role) - wanted.length - 2;
    if (role === works) return -2;
    if (named.includes(role)) return -1;
    return roleRank(role);
  };
  return [...roles]
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .slice(0, rolesTried)
    .map((name) => rolePrincipal({ session, account: id, name }));
}

function sessionError(session: AwsSession, error: unknown): Promise<AppError> {
  const principal = {
    title: `Identity Center ${session.name}`,
    way: { kind: 'sso', session: session.name, account: '', role: '' },
    login: { kind: 'sso', session: session.name, toLogIn: session.toLogIn, signIn: session },
  } as const;
  return awsError({ error, principal, action: 'sso:ListAccounts', region: session.region });
}
