import { isDeepStrictEqual } from 'node:util';
import { toPlainError } from '../../model/app-error.ts';
import type { Settings } from '../../model/settings.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Connections } from '../connections/connections.ts';
import type { Schedule } from '../discovery/schedule.ts';
import type { Clock } from '../parts.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';

/** How long a start waits for its ports at most: a lock on the kubeconfig, or a slow disk, must not hold up everything. */
const patienceMs = 3_000;

/**
 * Does what a change of the settings asks for: other clusters to find, other entries in the kubeconfig. Writes entries
 * whose secrets are due, too. Listens again for separate kubeconfigs. Resolves when the ports that kubeconfigs name listen,
 * or after three seconds: who is told that the agent runs finds them open. Never rejects.
 */
export async function followSettings(options: {
  readonly clock: Pick<Clock, 'timer'>;
  readonly state: State;
  readonly notices: Notices;
  readonly schedule: Pick<Schedule, 'renew'>;
  readonly connections: Pick<Connections, 'kept' | 'listening' | 'remove' | 'rewrite'>;
  readonly current: { lookNow(): void };
  readonly apiProxies: Pick<ApiProxies, 'events' | 'standBy'>;
  /** The connections of before are restored. */
  readonly restored: Promise<void>;
}): Promise<void> {
  const { clock, state, notices, schedule, connections, current, apiProxies, restored } = options;
  const orNotice = (work: Promise<unknown>, failure: string) =>
    work.catch((error: unknown) => notices.add('warning', `${failure} ${toPlainError(error).message}`));
  const afterRestore = (work: () => Promise<unknown>, failure: string) =>
    void orNotice(restored.then(work), failure);
  const rewrite = () =>
    afterRestore(async () => {
      const { warnings } = await connections.rewrite();
      for (const warning of warnings) notices.addOnce('warning', warning);
    }, 'The contexts do not have the new entry form yet.');
  // Do not wait for tunnels to be opened again, which may take long: clients try once.
  const separate = orNotice(apiProxies.standBy(), 'Separate kubeconfig files do not work.');
  apiProxies.events.on('due', rewrite);
  state.watch('settings', (now, before) => {
    if (!isDeepStrictEqual(placesIn(now), placesIn(before))) schedule.renew();
    if (!now.keepEntries && connections.kept().length > 0)
      afterRestore(() => connections.remove(connections.kept()), 'On-demand contexts were not removed.');
    if (!isDeepStrictEqual(entriesIn(now), entriesIn(before))) rewrite();
    // The new settings may name another kubeconfig.
    current.lookNow();
  });
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.timer(patienceMs, resolve);
  await Promise.race([Promise.all([Promise.race([connections.listening, restored]), separate]), late]);
  cancel();
}

/** Returns the settings that decide what entries say. */
function entriesIn({ entryForm, clusterEntryForms, execApiVersion, contextName }: Settings) {
  return { entryForm, clusterEntryForms, execApiVersion, contextName };
}

/** Returns the settings that decide where discovery looks for clusters. */
function placesIn({ awsRegions, awsPortals, vaultMounts, clusterFiles }: Settings) {
  return { awsRegions, awsPortals, vaultMounts, clusterFiles };
}
