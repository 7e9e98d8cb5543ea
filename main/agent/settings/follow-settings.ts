import { isDeepStrictEqual } from 'node:util';
import { toPlainError } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import type { Settings } from '../../model/settings.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Schedule } from '../discovery/schedule.ts';
import type { Clock } from '../parts.ts';
import type { Reach } from '../reach.ts';
import type { Notices } from '../state/notices.ts';
import type { State } from '../state/state.ts';

/** How long a start waits for its ports at most: a lock on the kubeconfig, or a slow disk, must not hold up everything. */
const patienceMs = 3_000;

/**
 * Does what a change of the settings asks for: other clusters to find, other entries in the kubeconfig. Writes entries
 * whose secrets are due, and those of which the organisation decides otherwise now, too. Listens again for separate kubeconfigs. Resolves when the ports that kubeconfigs name listen,
 * or after three seconds: a caller that is told that the agent runs finds them open. Never rejects.
 */
export async function followSettings(options: {
  readonly clock: Pick<Clock, 'timer'>;
  readonly state: State;
  readonly notices: Notices;
  readonly schedule: Pick<Schedule, 'renew'>;
  readonly connections: Pick<Connections, 'kept' | 'listening' | 'remove' | 'rewrite'>;
  readonly current: { lookNow(): void };
  readonly catalog: Pick<Catalog, 'clusters' | 'onChange'>;
  readonly reach: {
    readonly apiProxies: Pick<Reach['apiProxies'], 'events' | 'standBy'>;
    readonly locks: Pick<Reach['locks'], 'applies'>;
    readonly tunnels: Pick<Reach['tunnels'], 'find'>;
  };
  /** The connections of before are restored. */
  readonly restored: Promise<void>;
  readonly organisationEvents: { on(event: 'entries', listener: () => void): unknown };
  /** True if the organisation's rules changed while no agent ran. */
  readonly changesEntries: boolean;
}): Promise<void> {
  const { clock, state, notices, schedule, connections, current, catalog, restored } = options;
  const { apiProxies, locks, tunnels } = options.reach;
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
  options.organisationEvents.on('entries', rewrite);
  if (options.changesEntries) rewrite();
  const readOnly = () => new Set(catalog.clusters().flatMap(({ id }) => (locks.applies(id) ? id : [])));
  let known: ReadonlySet<ClusterId> = new Set();
  /** The setting, an organisation or a tag has made production read-only, or has ended that. */
  const followReadOnly = () => {
    const before = known;
    if (before.size === 0 && !state.get().settings.productionReadOnly) return;
    known = readOnly();
    const begun = [...known].filter((id) => !before.has(id));
    // They were opened with the user's own credential.
    for (const id of begun) tunnels.find(id)?.cut();
    if (begun.length > 0 || [...before].some((id) => !known.has(id))) rewrite();
  };
  catalog.onChange(followReadOnly);
  // An earlier agent may have written them in another form.
  followReadOnly();
  state.watch('settings', (now, before) => {
    if (now.productionReadOnly !== before.productionReadOnly) followReadOnly();
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
