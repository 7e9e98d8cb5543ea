import type { Input, Output } from '../../main/api/contract.ts';
import { meantBy } from '../../main/api/link.ts';
import type { ActivityEntry, History } from '../../main/model/activity-entry.ts';
import { type PlainError, toPlainError } from '../../main/model/app-error.ts';
import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import type { ClusterSet } from '../../main/model/cluster-set.ts';
import type { Consent } from '../../main/model/consent.ts';
import { contextName } from '../../main/model/context-name.ts';
import type { SettingName, Settings } from '../../main/model/settings.ts';
import { kubectlCommand } from '../controls/kubectl-command.ts';
import { openingLines, openingPlan } from '../links/opening.ts';
import { text } from '../text/text.ts';
import { type AgentState, withFailure } from './apply-change.ts';
import type { Link } from './link.ts';
import type { Done, PageStore, Problem } from './page-store.ts';
import { createSetup, type SetupActions } from './setup.ts';
import { createSignIns, type SignInActions } from './sign-ins.ts';

/** What a person can do. What fails becomes a problem that the page shows; only what is told beside its own control rejects. */
export interface Actions extends SignInActions, SetupActions {
  /** All at once. */
  connect(...ids: readonly ClusterId[]): Promise<void>;
  /** All at once, as a link or a set asks for; without a yes to production, the others. */
  open(ids: readonly ClusterId[], origin: 'link' | 'set', production: boolean | undefined): Promise<void>;
  /** Opens what it can of a set; false where the user has to be asked: with production, or with nothing to open. */
  openSet(set: ClusterSet): Promise<boolean>;
  /** Rejects. */
  saveSet(set: ClusterSet): Promise<void>;
  removeSet(set: ClusterSet): Promise<void>;
  disconnect(...ids: readonly ClusterId[]): Promise<void>;
  disconnectAll(): Promise<void>;
  /** Tries those now that wait for their next try. */
  tryNow(...ids: readonly ClusterId[]): Promise<void>;
  /** Takes its entry out of the kubeconfig, and closes it where it is open. Rejects. */
  forget(id: ClusterId): Promise<void>;
  /** Switches the current context; where the agent asks about production, it waits for `confirmUse`. */
  use(id: ClusterId): Promise<void>;
  /** With `minutes`, the previous context is restored after that time. */
  confirmUse(yes: boolean, minutes?: number): Promise<void>;
  /** Answers the first of those that are asked about. */
  decideConsent(yes: boolean): Promise<void>;
  star(id: ClusterId, on: boolean): Promise<void>;
  order(favourites: readonly ClusterId[]): Promise<void>;
  groupBy(group: Settings['listGroup']): Promise<void>;
  discover(): Promise<void>;
  /** Says for a moment what was done. */
  say(title: string): void;
  /** Takes back what was said last, where that can be. */
  undo(): Promise<void>;
  /** What was done has been said long enough. */
  forgetDone(): void;
  /** A person sees these. Asks nothing of the person and says nothing where it fails. */
  lookAt(clusters: readonly ClusterId[]): void;
  /** Rejects. */
  saveSettings(patch: Partial<Settings>): Promise<void>;
  /** Gives a setting back to the organisation, or to what is usual. Rejects. */
  resetSetting(name: SettingName): Promise<void>;
  /** The page of the first run comes no more by itself. */
  endFirstRun(): Promise<void>;
  /** What happened, the newest first. Rejects. */
  happened(): Promise<readonly ActivityEntry[]>;
  /** Puts the command that uses a cluster's context on the clipboard. Rejects where the clipboard does not take it. */
  copyCommand(cluster: Cluster): Promise<void>;
  /** A cluster's past, and what passes now. Rejects. */
  history(id: ClusterId): Promise<History>;
  dismiss(problem: number): void;
  /** Tries to reach the agent now. */
  retry(): void;
}

export function createActions({ link, store }: { readonly link: Link; readonly store: PageStore }): Actions {
  const connecting = new Map<ClusterId, AbortController>();
  let lastProblem = 0;
  let lastDone = 0;

  const tell = (problem: Omit<Problem, 'id'>) =>
    store.update((state) => ({
      ...state,
      problems: [...state.problems, { ...problem, id: ++lastProblem }],
    }));
  const attempt = async (title: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const plain: PlainError = toPlainError(error);
      if (plain.code !== 'cancelled') tell({ level: 'error', title, error: plain });
    }
  };
  const warn = (warnings: readonly string[]) => {
    // What the agent says of its own accord stands in a notice already.
    const said = new Set(store.get().agent?.notices.map(({ message }) => message));
    for (const warning of warnings) if (!said.has(warning)) tell({ level: 'warning', title: warning });
  };
  const ask = (ids: readonly ClusterId[], wish: 'connect' | 'disconnect' | undefined) =>
    store.update((state) => {
      const asked = new Map(state.asked);
      for (const id of ids)
        if (wish === undefined) asked.delete(id);
        else asked.set(id, wish);
      return { ...state, asked };
    });
  const changeAgent = (change: (agent: AgentState) => AgentState) =>
    store.update((state) => (state.agent === undefined ? state : { ...state, agent: change(state.agent) }));
  const clusterOf = (id: ClusterId) => store.get().agent?.clusters.get(id);
  const titleOf = (id: ClusterId) => clusterOf(id)?.title ?? id;
  const titlesOf = (ids: readonly ClusterId[]) => text.several(ids.map(titleOf));
  const dropFailures = (ids: readonly ClusterId[]) =>
    changeAgent((agent) => ids.reduce((state, id) => withFailure(state, id, undefined), agent));
  const switchTo = (id: ClusterId, how: { readonly production?: true; readonly minutes?: number } = {}) =>
    attempt(text.problems.use(titleOf(id)), () =>
      link.call('switch', { cluster: id, ...how }).catch((error: unknown) => {
        if (!isQuestion(error)) throw error;
        store.update((state) => ({ ...state, confirming: id }));
      }),
    );
  const askConsent = (consent: Consent | undefined) => {
    if (consent === undefined) return;
    store.update((state) => ({
      ...state,
      consents: [...state.consents.filter(({ cluster }) => cluster !== consent.cluster), consent],
    }));
  };
  const putDone = (done: Omit<Done, 'id'> | undefined) =>
    store.update((state) => ({ ...state, done: done && { ...done, id: ++lastDone } }));
  /** Resolves to those that are connected then; to undefined where the agent asks about production first. */
  const connectAll = async (
    ids: readonly ClusterId[],
    how: Pick<Input<'connect'>, 'mode' | 'origin' | 'production'> = {},
  ): Promise<ReadonlySet<ClusterId> | undefined> => {
    let asks = false;
    const abort = new AbortController();
    const connected = new Set<ClusterId>();
    const [only] = ids;
    // One of several is left by disconnecting it: the others go on.
    if (ids.length === 1 && only !== undefined) connecting.set(only, abort);
    putDone(undefined);
    ask(ids, 'connect');
    dropFailures(ids);
    await attempt(text.problems.connect(titlesOf(ids)), async () => {
      const answer = await link
        .call('connect', { clusters: [...ids], ...how }, { signal: abort.signal })
        .catch((error: unknown) => {
          if (how.origin !== 'set' || how.production !== undefined || !isQuestion(error)) throw error;
          asks = true;
        });
      if (answer === undefined) return;
      const { results, warnings } = answer;
      warn(warnings);
      sayContext(answer);
      for (const result of results) {
        if (result.status !== 'failed') {
          connected.add(result.cluster);
          askConsent(result.consent);
        }
        if (result.status !== 'failed' || result.error.code === 'cancelled') continue;
        const { cluster: failed, error, stage, mender } = result;
        changeAgent((agent) => withFailure(agent, failed, { error, stage, mender, at: Date.now() }));
      }
    });
    for (const id of ids) if (connecting.get(id) === abort) connecting.delete(id);
    ask(ids, undefined);
    return asks ? undefined : connected;
  };
  /** Says whether a connect switched the current context, or why it did not. */
  const sayContext = ({ results, kubectl, switched, stays = [] }: Output<'connect'>) => {
    const { cluster, context } = kubectl;
    if (switched !== undefined && cluster !== undefined && context !== undefined)
      putDone({
        title: text.done.switched(context, switched.from),
        undoable: { kind: 'switched', cluster },
      });
    const isUp = results.some(({ status }) => status === 'connected');
    if (stays.length > 0 && isUp) putDone({ title: text.done.notSwitched(stays.map(({ title }) => title)) });
  };
  const close = async (what: 'all' | readonly ClusterId[], ids: readonly ClusterId[], problem: string) => {
    const { cluster: current, limit } = store.get().agent?.kubectl ?? {};
    ask(ids, 'disconnect');
    await attempt(problem, async () => {
      const clusters = what === 'all' ? what : [...what];
      const { closed, warnings } = await link.call('disconnect', { clusters });
      warn(warnings);
      dropFailures(ids);
      if (closed.length === 0) return;
      const gone = closed.map(({ cluster }) => cluster);
      putDone({
        title: text.done.disconnected(text.several(closed.map(({ title }) => title))),
        undoable: {
          kind: 'disconnected',
          clusters: gone,
          current: gone.find((id) => id === current),
          until: limit?.until,
        },
      });
    });
    ask(ids, undefined);
  };

  return {
    ...createSignIns({ link, store }),
    ...createSetup({ link, say: (title) => putDone({ title }) }),
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
    async saveSet({ name, clusters }) {
      await link.call('set-save', { name, clusters: [...clusters] });
      putDone({ title: text.done.saved(name) });
    },
    removeSet: (set) =>
      attempt(text.problems.removeSet(set.name), async () => {
        await link.call('set-remove', { name: set.name });
        putDone({ title: text.done.removed(set.name), undoable: { kind: 'setRemoved', set } });
      }),
    async disconnect(...all) {
      for (const id of all) connecting.get(id)?.abort();
      const ids = all.filter((id) => !connecting.has(id));
      if (ids.length > 0) await close(ids, ids, text.problems.disconnect(titlesOf(ids)));
    },
    async disconnectAll() {
      for (const running of connecting.values()) running.abort();
      await close('all', [...(store.get().agent?.open ?? [])], text.problems.disconnectAll);
    },
    async forget(id) {
      warn((await link.call('forget', { clusters: [id] })).warnings);
      dropFailures([id]);
    },
    use: (id) => switchTo(id),
    async confirmUse(yes, minutes) {
      const { confirming } = store.get();
      store.update(({ confirming: _, ...state }) => state);
      if (yes && confirming !== undefined)
        await switchTo(confirming, { production: true, ...(minutes === undefined ? {} : { minutes }) });
    },
    async decideConsent(yes) {
      const [consent, ...consents] = store.get().consents;
      store.update((state) => ({ ...state, consents }));
      if (!yes || consent === undefined) return;
      const { cluster, digest, title } = consent;
      await attempt(text.problems.allow(title), () => link.call('allow', { cluster, digest }));
    },
    async star(id, on) {
      const favourites = store.get().agent?.favourites ?? [];
      await attempt(text.problems.star(titleOf(id)), async () => {
        await link.call('favourite', { cluster: id, on });
        const undoable = { kind: 'unstarred', cluster: id, favourites } as const;
        putDone(on ? undefined : { title: text.done.unstarred(titleOf(id)), undoable });
      });
    },
    order: (favourites) =>
      attempt(text.problems.order, () => link.call('favourites-order', { favourites: [...favourites] })),
    groupBy: (listGroup) => attempt(text.problems.group, () => link.call('settings-set', { listGroup })),
    tryNow: (...ids) =>
      attempt(text.problems.tryNow(titlesOf(ids)), () => link.call('retry', { clusters: [...ids] })),
    discover: () => attempt(text.problems.discover, () => link.call('discover', {})),
    say: (title) => putDone({ title }),
    async undo() {
      const undoable = store.get().done?.undoable;
      putDone(undefined);
      if (undoable?.kind === 'disconnected') {
        const { clusters, current, until } = undoable;
        // What is not current again by this stays as it is meanwhile.
        const connected = await connectAll(clusters, { mode: 'add' });
        // It was current before: nobody has to be asked again.
        const minutes = until === undefined ? undefined : Math.ceil((until - Date.now()) / 60_000);
        if (current !== undefined && connected?.has(current) && (minutes === undefined || minutes > 0))
          await switchTo(current, { production: true, ...(minutes === undefined ? {} : { minutes }) });
      } else if (undoable?.kind === 'switched') {
        // Only what this switched: another one may be current by now.
        if (store.get().agent?.kubectl.cluster !== undoable.cluster) return;
        await attempt(text.problems.switchBack, () =>
          // What comes back was current a moment ago: nobody has to be asked again.
          link.call('switch', { cluster: '-', production: true }),
        );
      } else if (undoable?.kind === 'unstarred') {
        const { cluster, favourites } = undoable;
        await attempt(text.problems.star(titleOf(cluster)), async () => {
          await link.call('favourite', { cluster, on: true });
          await link.call('favourites-order', { favourites: [...favourites] });
        });
      } else if (undoable?.kind === 'setRemoved') {
        const { name, clusters } = undoable.set;
        await attempt(text.problems.saveSet(name), () =>
          link.call('set-save', { name, clusters: [...clusters] }),
        );
      }
    },
    forgetDone: () => putDone(undefined),
    lookAt(clusters) {
      link.call('policies', { clusters: [...clusters] }).catch(() => {});
    },
    async saveSettings(patch) {
      await link.call('settings-set', patch);
    },
    async resetSetting(name) {
      await link.call('settings-reset', { names: [name] });
    },
    endFirstRun: () => attempt(text.problems.firstRun, () => link.call('settings-set', { firstRun: false })),
    happened: async () => (await link.call('activity', {})).entries,
    async copyCommand(cluster) {
      const { agent } = store.get();
      // Another entry may have the name already: what is in the kubeconfig counts.
      const history = await link.call('history', { cluster: cluster.id }).catch(() => undefined);
      const context = history?.entry?.name ?? contextName(cluster, agent?.clusters.values() ?? []);
      await navigator.clipboard.writeText(kubectlCommand(context, agent?.agent.platform ?? ''));
      putDone({ title: text.done.copied(cluster.title) });
    },
    history: (id) => link.call('history', { cluster: id }),
    dismiss: (problem) =>
      store.update((state) => ({ ...state, problems: state.problems.filter(({ id }) => id !== problem) })),
    retry: () => link.retry(),
  };
}

/** The agent asks the user about production before it does this. */
function isQuestion(error: unknown): boolean {
  return toPlainError(error).code === 'production-unconfirmed';
}
