import type { Input, Output } from '../../main/api/contract.ts';
import { meantBy } from '../../main/api/link.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import type { Consent } from '../../main/model/consent.ts';
import { resumeOffer } from '../../main/model/resume-offer.ts';
import { type AgentState, withFailure } from './apply-change.ts';
import { asksAboutProduction } from './asks-about-production.ts';
import { titlesOf } from './known-clusters.ts';
import type { Link } from './link.ts';
import { openingLines, openingPlan } from './opening.ts';
import type { PageStore } from './page-store.ts';
import type { Reports } from './reports.ts';
import { agentText } from './text.ts';

/** What a user can do with tunnels. What fails becomes a problem that the page shows; nothing rejects. */
export interface TunnelActions {
  /** All at once. */
  connect(...ids: readonly ClusterId[]): Promise<void>;
  /** All at once, as a link, a set or a resume asks for; where production was not confirmed, only the others. */
  open(ids: readonly ClusterId[], origin: Origin, production: boolean | undefined): Promise<void>;
  /** Connects what it can of a set; false where the user has to be asked: about production, or with nothing to open. */
  openSet(set: ClusterSet): Promise<boolean>;
  /** Connects what was connected before; false where the user has to be asked about production. */
  resume(): Promise<boolean>;
  disconnect(...ids: readonly ClusterId[]): Promise<void>;
  disconnectAll(): Promise<void>;
  /** Retries now those that wait for their next attempt. */
  tryNow(...ids: readonly ClusterId[]): Promise<void>;
}

type Origin = NonNullable<Input<'connect'>['origin']>;

type ConnectAll = (
  ids: readonly ClusterId[],
  how?: Pick<Input<'connect'>, 'mode' | 'origin' | 'production'>,
) => Promise<ReadonlySet<ClusterId> | undefined>;

export function createTunnelActions({
  link,
  store,
  reports,
}: {
  readonly link: Link;
  readonly store: PageStore;
  readonly reports: Reports;
}): TunnelActions & {
  /** Resolves to those that are connected then; to undefined where the agent asks about production first. */
  readonly connectAll: ConnectAll;
  /** Clears why a cluster could not be connected. */
  dropFailures(ids: readonly ClusterId[]): void;
} {
  const connecting = new Map<ClusterId, AbortController>();

  const setPending = (ids: readonly ClusterId[], pending: 'connect' | 'disconnect' | undefined) =>
    store.update((state) => {
      const asked = new Map(state.asked);
      for (const id of ids)
        if (pending === undefined) asked.delete(id);
        else asked.set(id, pending);
      return { ...state, asked };
    });
  const changeAgent = (change: (agent: AgentState) => AgentState) =>
    store.update((state) => (state.agent === undefined ? state : { ...state, agent: change(state.agent) }));
  const dropFailures = (ids: readonly ClusterId[]) =>
    changeAgent((agent) => ids.reduce((state, id) => withFailure(state, id, undefined), agent));
  const askConsent = (consent: Consent | undefined) => {
    if (consent === undefined) return;
    store.update((state) => ({
      ...state,
      consents: [...state.consents.filter(({ cluster }) => cluster !== consent.cluster), consent],
    }));
  };
  /** Reports whether a connect switched the current context, or why it did not. */
  const reportContext = ({ results, kubectl, switched, stays = [] }: Output<'connect'>) => {
    const { cluster, context } = kubectl;
    if (switched !== undefined && cluster !== undefined && context !== undefined)
      reports.done({
        title: agentText.done.switched(context, switched.from),
        undoable: { kind: 'switched', cluster },
      });
    const isUp = results.some(({ status }) => status === 'connected');
    if (stays.length > 0 && isUp)
      reports.done({ title: agentText.done.notSwitched(stays.map(({ title }) => title)) });
  };
  /** Keeps why some could not be connected; answers those that are connected. */
  const takeResults = ({ results }: Output<'connect'>): ReadonlySet<ClusterId> => {
    const connected = new Set<ClusterId>();
    for (const result of results) {
      const { cluster } = result;
      if (result.status === 'failed') {
        const { error, stage, mender } = result;
        if (error.code === 'cancelled') continue;
        changeAgent((agent) => withFailure(agent, cluster, { error, stage, mender, at: Date.now() }));
      } else {
        connected.add(cluster);
        askConsent(result.consent);
      }
    }
    return connected;
  };
  const connectAll: ConnectAll = async (ids, how = {}) => {
    let connected: ReadonlySet<ClusterId> | undefined = new Set();
    const abort = new AbortController();
    const [only] = ids;
    // One of several is cancelled by disconnecting it: the others go on.
    if (ids.length === 1 && only !== undefined) connecting.set(only, abort);
    reports.done(undefined);
    setPending(ids, 'connect');
    dropFailures(ids);
    await reports.attempt(agentText.problems.connect(titlesOf(store, ids)), async () => {
      const answer = await link
        .call('connect', { clusters: [...ids], ...how }, { signal: abort.signal })
        .catch((error: unknown) => {
          const canAsk = how.origin !== undefined && how.origin !== 'link' && how.production === undefined;
          if (!canAsk || !asksAboutProduction(error)) throw error;
        });
      if (answer === undefined) {
        connected = undefined;
        return;
      }
      reports.warn(answer.warnings);
      reportContext(answer);
      connected = takeResults(answer);
    });
    for (const id of ids) if (connecting.get(id) === abort) connecting.delete(id);
    setPending(ids, undefined);
    return connected;
  };
  const close = async (what: 'all' | readonly ClusterId[], ids: readonly ClusterId[], problem: string) => {
    const { cluster: current, limit } = store.get().agent?.kubectl ?? {};
    setPending(ids, 'disconnect');
    await reports.attempt(problem, async () => {
      const clusters = what === 'all' ? what : [...what];
      const { closed, warnings } = await link.call('disconnect', { clusters });
      reports.warn(warnings);
      dropFailures(ids);
      if (closed.length === 0) return;
      const gone = closed.map(({ cluster }) => cluster);
      reports.done({
        title: agentText.done.disconnected(agentText.several(closed.map(({ title }) => title))),
        undoable: {
          kind: 'disconnected',
          clusters: gone,
          current: gone.find((id) => id === current),
          until: limit?.until,
        },
      });
    });
    setPending(ids, undefined);
  };

  return {
    connectAll,
    dropFailures,
    async connect(...ids) {
      await connectAll(ids);
    },
    async open(ids, origin, production) {
      await connectAll(ids, { origin, ...(production === undefined ? {} : { production }) });
    },
    async openSet(set) {
      const { agent } = store.get();
      if (agent === undefined) return false;
      const { ids } = openingPlan(openingLines(meantBy(set.clusters, agent.clusters), agent));
      return ids.length > 0 && (await connectAll(ids, { origin: 'set' })) !== undefined;
    },
    async resume() {
      const { agent } = store.get();
      if (agent === undefined) return true;
      const { clusters = [] } = resumeOffer({ ...agent, tunnels: agent.tunnels.values() }, Date.now()) ?? {};
      const ids = clusters.filter((id) => agent.clusters.has(id));
      return ids.length === 0 || (await connectAll(ids, { origin: 'resume' })) !== undefined;
    },
    async disconnect(...ids) {
      for (const id of ids) connecting.get(id)?.abort();
      // Those that were connecting too: one that is connected already may not have answered yet.
      await close(ids, ids, agentText.problems.disconnect(titlesOf(store, ids)));
    },
    async disconnectAll() {
      for (const running of connecting.values()) running.abort();
      await close('all', [...(store.get().agent?.open ?? [])], agentText.problems.disconnectAll);
    },
    tryNow: (...ids) =>
      reports.attempt(agentText.problems.tryNow(titlesOf(store, ids)), () =>
        link.call('retry', { clusters: [...ids] }),
      ),
  };
}
