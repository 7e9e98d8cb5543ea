import { toPlainError } from '../../model/app-error.ts';
import { plainText } from '../../model/plain-text.ts';
import type { Access } from '../access/access.ts';
import type { Policies } from '../access/policies.ts';
import type { Activity } from '../activity/activity.ts';
import type { Agent } from '../agent.ts';
import type { Caller } from '../callers/caller.ts';
import type { Callers } from '../callers/callers.ts';
import type { Connections } from '../connections/connections.ts';
import type { Outcome } from '../connections/outcome.ts';
import type { CurrentContexts } from '../kubeconfig/follow-current.ts';
import { signInInTurn } from '../logins/in-turn.ts';
import type { Tab } from '../logins/tab.ts';
import type { Clock, Logger } from '../parts.ts';
import type { OidcConsents } from '../providers/oidc/consents.ts';
import type { State } from '../state/state.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { resultOf } from '../views.ts';
import type { Clusters } from './clusters.ts';

/** Connects clusters, and reports the results to the journal and to the known policies. */
export function connectOperation(options: {
  readonly clusters: Pick<Clusters, 'find' | 'named'>;
  readonly callers: Pick<Callers<Pick<Caller, 'discovery' | 'logins'>>, 'of'>;
  readonly connections: Pick<Connections, 'connect'>;
  /** Resolves when everything that was open before the start is open again or has failed. */
  readonly restored: Promise<void>;
  readonly current: Pick<CurrentContexts, 'sourceFor' | 'kubectlAfter' | 'look' | 'lookNow'>;
  readonly consents: Pick<OidcConsents, 'view'>;
  readonly activity: Pick<Activity, 'during' | 'add'>;
  readonly access: Pick<Access, 'report' | 'token' | 'teamOf' | 'serviceToken'>;
  readonly policies: Pick<Policies, 'get'>;
  readonly tab: Pick<Tab, 'end'>;
  readonly tunnels: Pick<Tunnels, 'find'>;
  readonly state: Pick<State, 'get'>;
  readonly accessRequest: () => string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'debug'>;
}): Agent['connect'] {
  const { clusters, connections, current, consents, activity, access, policies, tunnels } = options;

  /** Reports what a connection revealed about the policy, unless Access has answered an exchange since then. */
  const reportPolicy = ({ cluster: { id, reach }, ...outcome }: Outcome, since: number) => {
    const isDenied = outcome.status === 'failed';
    if (tunnels.find(id)?.connector() === 'direct') return;
    if (reach.kind !== 'tunnel' || (isDenied && outcome.error.code !== 'access-denied')) return;
    const known = policies.get(reach.hostname);
    if (known?.verdict === (isDenied ? 'denied' : 'admitted') && (!isDenied || known.at >= since)) return;
    access
      .report(reach.hostname, isDenied ? {} : undefined)
      .catch((error: unknown) => options.logger.debug('A policy is unknown', { error: toPlainError(error) }));
  };
  const report = (outcome: Outcome, since: number) => {
    reportPolicy(outcome, since);
    // Without a stage, no tunnel was started that could report the failure to the journal.
    if (outcome.status !== 'failed' || outcome.stage !== undefined) return;
    const { id: cluster, title } = outcome.cluster;
    activity.add({ kind: 'failed', cluster, title, failure: { error: toPlainError(outcome.error) } });
  };

  return async ({ clusters: words, place: caller, minutes, environment, ...how }) => {
    await options.restored;
    const { discovery, logins } = options.callers.of(environment);
    const listed = await clusters.find(words, discovery);
    // The agent may not see the details of what only a shell has the variables for.
    const found =
      discovery === undefined
        ? listed
        : await Promise.all(listed.map((one) => discovery.complete(one, how.signal).catch(() => one)));
    const since = options.clock.now();
    const { outcomes, warnings, stays, left, switched } = await activity.during(
      found.map(({ id }) => id),
      () =>
        connections.connect({
          ...how,
          clusters: found,
          source: current.sourceFor(caller),
          switches: options.state.get().settings.kubeconfigMode === 'switch',
          forMs: minutes && minutes * 60_000,
          ...(how.origin === 'resume'
            ? {
                signIn: (some) =>
                  signInInTurn(some, { access, logins, signal: how.signal }).finally(options.tab.end),
              }
            : {}),
        }),
    );
    await current.look();
    if (minutes !== undefined) current.lookNow();
    for (const outcome of outcomes) report(outcome, since);
    const named = (list: typeof stays) => list.map(({ id }) => clusters.named(id));
    return {
      results: await Promise.all(
        outcomes.map(async (outcome) =>
          resultOf(
            outcome,
            options.accessRequest(),
            await consents.view(outcome.cluster).catch(() => undefined),
          ),
        ),
      ),
      ...(await current.kubectlAfter(caller, warnings)),
      ...(switched === undefined
        ? {}
        : { switched: switched.from === undefined ? {} : { from: plainText(switched.from) } }),
      ...(stays.length === 0 ? {} : { stays: named(stays) }),
      ...(left.length === 0 ? {} : { left: named(left) }),
    };
  };
}
