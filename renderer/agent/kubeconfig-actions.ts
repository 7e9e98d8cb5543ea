import type { Cluster, ClusterId } from '../../main/model/cluster.ts';
import { contextName } from '../../main/model/context-name.ts';
import { kubectlCommand } from '../controls/kubectl-command.ts';
import { terminalsText } from '../terminals/text.ts';
import { asksAboutProduction } from './asks-about-production.ts';
import { titleOf } from './known-clusters.ts';
import type { Link } from './link.ts';
import type { PageStore } from './page-store.ts';
import type { Reports } from './reports.ts';
import { agentText } from './text.ts';

/** What a user can do with the kubeconfig. What fails becomes a problem that the page shows, unless it rejects. */
export interface KubeconfigActions {
  /** Switches the current context; where the agent asks about production, it waits for `confirmSwitch`. */
  setCurrent(id: ClusterId): Promise<void>;
  /** With `minutes`, the previous context is restored after that time. */
  confirmSwitch(yes: boolean, minutes?: number): Promise<void>;
  /** Removes a cluster's context from the kubeconfig, and disconnects it. Rejects. */
  removeContext(id: ClusterId): Promise<void>;
  /** Opens the user's terminal app with a shell for the cluster. */
  openTerminal(id: ClusterId): Promise<void>;
  /** Answers the first question about an API server that would receive the user's id token. */
  decideConsent(yes: boolean): Promise<void>;
  /** Copies the command that uses a cluster's context. Rejects where the clipboard cannot be written. */
  copyCommand(cluster: Cluster): Promise<void>;
}

/** How the current context is switched: `production` is the user's yes, `minutes` the time limit. */
export type SwitchTo = (
  id: ClusterId,
  how?: { readonly production?: true; readonly minutes?: number },
) => Promise<void>;

export function createKubeconfigActions({
  link,
  store,
  reports,
  onRemoved,
}: {
  readonly link: Link;
  readonly store: PageStore;
  readonly reports: Reports;
  readonly onRemoved: (id: ClusterId) => void;
}): KubeconfigActions & { readonly switchTo: SwitchTo } {
  const switchTo: SwitchTo = (id, how = {}) =>
    reports.attempt(agentText.problems.use(titleOf(store, id)), () =>
      link.call('switch', { cluster: id, ...how }).catch((error: unknown) => {
        if (!asksAboutProduction(error)) throw error;
        store.update((state) => ({ ...state, confirming: id }));
      }),
    );
  return {
    switchTo,
    setCurrent: (id) => switchTo(id),
    async confirmSwitch(yes, minutes) {
      const { confirming } = store.get();
      store.update(({ confirming: _, ...state }) => state);
      if (yes && confirming !== undefined)
        await switchTo(confirming, { production: true, ...(minutes === undefined ? {} : { minutes }) });
    },
    async removeContext(id) {
      reports.warn((await link.call('forget', { clusters: [id] })).warnings);
      onRemoved(id);
    },
    openTerminal: (id) =>
      reports.attempt(terminalsText.notOpened(titleOf(store, id)), () =>
        link.call('terminal-open', { cluster: id }),
      ),
    async decideConsent(yes) {
      const [consent, ...consents] = store.get().consents;
      store.update((state) => ({ ...state, consents }));
      if (!yes || consent === undefined) return;
      const { cluster, digest, title } = consent;
      await reports.attempt(agentText.problems.allow(title), () => link.call('allow', { cluster, digest }));
    },
    async copyCommand(cluster) {
      const { agent } = store.get();
      // Another context may have the name already: what is in the kubeconfig counts.
      const history = await link.call('history', { cluster: cluster.id }).catch(() => undefined);
      const context =
        history?.entry?.name ??
        contextName(cluster, agent?.clusters.values() ?? [], {
          given: agent?.givenNames,
          template: agent?.settings.contextName,
        });
      await navigator.clipboard.writeText(kubectlCommand(context, agent?.agent.platform ?? ''));
      reports.done({ title: agentText.done.copied(cluster.title) });
    },
  };
}
