import { isDeepStrictEqual } from 'node:util';
import { toPlainError } from '../../model/app-error.ts';
import type { Settings } from '../../model/settings.ts';
import type { ApiProxies } from '../api-proxy/api-proxies.ts';
import type { Connections } from '../connections/connections.ts';
import type { Schedule } from '../discovery/schedule.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';

/**
 * Does what a change of the settings asks for: other clusters to find, other entries in the kubeconfig. Writes entries
 * whose secrets are due, too.
 */
export function followSettings(options: {
  readonly state: State;
  readonly notices: Notices;
  readonly schedule: Pick<Schedule, 'renew'>;
  readonly connections: Pick<Connections, 'kept' | 'remove' | 'rewrite'>;
  readonly current: { lookNow(): void };
  readonly apiProxies: Pick<ApiProxies, 'events' | 'standBy'>;
  /** The connections of before are restored. */
  readonly restored: Promise<void>;
}): void {
  const { state, notices, schedule, connections, current, apiProxies, restored } = options;
  const afterRestore = (work: () => Promise<unknown>, failure: string) => {
    restored
      .then(work)
      .catch((error: unknown) => notices.add('warning', `${failure} ${toPlainError(error).message}`));
  };
  const rewrite = () =>
    afterRestore(async () => {
      const { warnings } = await connections.rewrite();
      for (const warning of warnings) notices.addOnce('warning', warning);
    }, 'The contexts do not have the new entry form yet.');
  afterRestore(apiProxies.standBy, 'Separate kubeconfig files do not work.');
  apiProxies.events.on('due', rewrite);
  state.watch('settings', (now, before) => {
    if (!isDeepStrictEqual(placesIn(now), placesIn(before))) schedule.renew();
    if (!now.keepEntries && connections.kept().length > 0)
      afterRestore(() => connections.remove(connections.kept()), 'On-demand contexts were not removed.');
    if (!isDeepStrictEqual(entriesIn(now), entriesIn(before))) rewrite();
    // The new settings may name another kubeconfig.
    current.lookNow();
  });
}

/** Returns the settings that decide what entries say. */
function entriesIn({ entryForm, clusterEntryForms, execApiVersion, contextName }: Settings) {
  return { entryForm, clusterEntryForms, execApiVersion, contextName };
}

/** Returns the settings that decide where discovery looks for clusters. */
function placesIn({ awsRegions, awsPortals, vaultMounts, clusterFiles }: Settings) {
  return { awsRegions, awsPortals, vaultMounts, clusterFiles };
}
