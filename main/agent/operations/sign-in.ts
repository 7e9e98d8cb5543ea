import type { Source } from '../../model/cluster.ts';
import type { LoginProviderKind } from '../../model/login-providers.ts';
import type { Sessions } from '../access/sessions.ts';
import type { Activity } from '../activity/activity.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Schedule } from '../discovery/schedule.ts';
import type { Logins } from '../logins/logins.ts';
import { withClock } from '../network/clock-skew.ts';
import type { Network } from '../network/network.ts';

/** The source that lists clusters with a provider's session. Access and OIDC sessions list none. */
const sourceOf: Partial<Record<LoginProviderKind, Source>> = {
  aws: 'eks',
  azure: 'aks',
  gcp: 'gke',
  vault: 'vault',
};

/** Signs in and out, and discards what depended on the previous session. */
export function signInOperations(options: {
  readonly logins: Pick<Logins, 'login' | 'logout'>;
  readonly credentials: Pick<Credentials, 'forgetAll'>;
  readonly schedule: Pick<Schedule, 'startAfterSignIn' | 'renew'>;
  readonly sessions: Pick<Sessions, 'look'>;
  readonly activity: Pick<Activity, 'add'>;
  readonly network: Pick<Network, 'clockSkew'>;
  /** Called when a session of this provider has begun or ended. */
  readonly onSession?: (
    provider: LoginProviderKind,
    what: 'begun' | 'ended',
    session: string | undefined,
  ) => Promise<void>;
}): Pick<Logins, 'login' | 'logout'> {
  const { logins, credentials, schedule, sessions, activity, network, onSession } = options;
  return {
    async login(asked) {
      const account = await logins.login(asked).catch((error: unknown) => {
        throw withClock(error, network.clockSkew());
      });
      const { provider, session, who } = account;
      // Sign-ins to Access are reported by its sessions, whatever started them.
      if (provider !== 'access')
        activity.add({ kind: 'signed-in', provider, session, ...(who === undefined ? {} : { who }) });
      credentials.forgetAll();
      await onSession?.(provider, 'begun', session);
      const source = sourceOf[provider];
      // More of its clusters may be reachable now; the others are the same as before.
      if (source !== undefined) schedule.startAfterSignIn(source);
      return account;
    },
    async logout(asked) {
      const done = await logins.logout(asked);
      const { provider, session } = asked;
      if (provider !== 'access' && done.removed.length > 0)
        activity.add({ kind: 'signed-out', provider, ...(session === undefined ? {} : { session }) });
      credentials.forgetAll();
      await onSession?.(provider, 'ended', session);
      // Recreate the providers: they hold its credentials.
      schedule.renew();
      await sessions.look();
      return done;
    },
  };
}
