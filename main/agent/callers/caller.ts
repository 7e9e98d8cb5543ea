import type { ClusterId } from '../../model/cluster.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import type { Parts } from '../agent.ts';
import type { Base } from '../boot.ts';
import { type Credentials, createCredentials } from '../credentials/credentials.ts';
import { createSignIns, type SignIns } from '../credentials/sign-ins.ts';
import type { Schedule } from '../discovery/schedule.ts';
import {
  createShellDiscovery,
  type ShellDiscovery,
  startShellDiscovery,
} from '../discovery/shell-discovery.ts';
import { withoutPublished } from '../discovery/with-catalog.ts';
import type { Logins } from '../logins/logins.ts';
import { signInOperations } from '../operations/sign-in.ts';
import { sourceUnder } from '../organisation/source-under.ts';
import type { OrganisationCatalog } from '../providers/catalog/organisation-catalog.ts';
import type { Reach } from '../reach.ts';
import type { State } from '../state/state.ts';
import { type Callers, createCallers } from './callers.ts';
import { isOfSession } from './is-of-session.ts';

/** What acts for a caller: with the agent's environment, or with the variables of a shell. */
export interface Caller {
  readonly credentials: Credentials;
  readonly logins: Pick<Logins, 'accounts' | 'login' | 'logout'>;
  /** Signs in where a credential needs it. */
  readonly signIns: SignIns;
  /** Of the sources in which the variables may lead to other clusters; undefined if there are none. */
  readonly discovery: ShellDiscovery | undefined;
}

type Ending = Caller & { readonly end?: () => void };

type SignInParts = Omit<
  Parameters<typeof signInOperations>[0],
  'logins' | 'credentials' | 'network' | 'onSession'
>;

/** Creates what acts for each caller. Nothing of a shell exists before its first call. */
export function createAgentCallers(
  options: SignInParts & {
    readonly base: Base;
    readonly parts: Pick<Parts, 'clock' | 'logger' | 'env' | 'isEnvironmentOfEveryShell'>;
    readonly reach: Pick<Reach, 'logins' | 'loginsFor' | 'apiProxies'>;
    readonly schedule: Schedule;
    readonly organisationCatalog: OrganisationCatalog;
    readonly state: Pick<State, 'set'>;
  },
): Callers<Caller> {
  const { base, parts, reach, schedule, organisationCatalog, state } = options;
  const { network, catalog, organisation } = base;
  const { clock, logger, env, isEnvironmentOfEveryShell: inherits = false } = parts;

  /** The secrets of local TLS proxies belong to a session. */
  const onSession = async (kind: LoginProviderKind, what: 'begun' | 'ended', session: string | undefined) => {
    const made = base.providers.find(({ login }) => login?.kind === kind)?.credential?.kind;
    const isTheirs = (id: ClusterId) => isOfSession(catalog.get(id)?.credential, { kind: made, session });
    await (what === 'ended' ? reach.apiProxies.end(isTheirs) : reach.apiProxies.signedIn(isTheirs));
  };
  const callerWith = (given: {
    readonly credentials: Credentials;
    readonly logins: Logins;
    readonly discovery: ShellDiscovery | undefined;
  }): Caller => {
    const { credentials, discovery } = given;
    const { login, logout } = signInOperations({
      ...options,
      network,
      onSession,
      logins: given.logins,
      credentials: {
        // A session may serve several shells.
        forgetAll: () => {
          for (const caller of callers.all()) caller.credentials.forgetAll();
        },
      },
      schedule: {
        ...schedule,
        startAfterSignIn(source) {
          schedule.startAfterSignIn(source);
          if (discovery !== undefined) startShellDiscovery(discovery, logger, source);
        },
      },
    });
    const logins = { ...given.logins, login, logout };
    return { credentials, discovery, logins, signIns: createSignIns({ clock, logins }) };
  };

  const callers: Callers<Ending> = createCallers<Ending>({
    clock,
    env,
    inherits,
    own: callerWith({ credentials: base.credentials, logins: reach.logins, discovery: undefined }),
    create(other, wanted) {
      const providers = base.providersFor(other);
      const credentials = createCredentials({
        clock,
        providers,
        clockSkew: network.clockSkew,
        identities: base.credentials,
      });
      const { logins, end } = reach.loginsFor(providers);
      const discovery = createShellDiscovery({
        sources: () =>
          providers
            .flatMap(({ source }) => source?.() ?? [])
            .filter(({ source }) => wanted.some((one) => one === source))
            .map((source) =>
              sourceUnder(withoutPublished(source, organisationCatalog), organisation.current()),
            ),
        catalog,
        clock,
        logger,
        onStatus(status) {
          // The agent's own run is shown first.
          const own = schedule.status();
          if (own.status === 'idle') state.set({ discovery: status.status === 'idle' ? own : status });
        },
      });
      return {
        ...callerWith({ credentials, logins, discovery: wanted.length > 0 ? discovery : undefined }),
        end() {
          discovery.close();
          end();
        },
      };
    },
    drop: ({ end }) => end?.(),
  });
  return callers;
}
