import type { Input } from '../../main/api/contract.ts';
import type { ActivityEntry, History } from '../../main/model/activity-entry.ts';
import type { ClusterId } from '../../main/model/cluster.ts';
import type { Comparison } from '../../main/model/comparison.ts';
import type { SettingName, Settings } from '../../main/model/settings.ts';
import { confirmationsText } from '../confirmations/text.ts';
import { terminalsText } from '../terminals/text.ts';
import { createKubeconfigActions, type KubeconfigActions } from './kubeconfig-actions.ts';
import type { Link } from './link.ts';
import { createListActions, type ListActions } from './list-actions.ts';
import { createLockActions, type LockActions } from './lock-actions.ts';
import type { PageStore } from './page-store.ts';
import { createReports } from './reports.ts';
import { createSetup, type SetupActions } from './setup.ts';
import { createSignIns, type SignInActions } from './sign-ins.ts';
import { agentText } from './text.ts';
import { createTunnelActions, type TunnelActions } from './tunnel-actions.ts';
import { createUndo } from './undo.ts';

/**
 * What a user can do. What fails becomes a problem that the page shows; only what is shown beside its own control
 * rejects.
 */
export interface Actions
  extends TunnelActions,
    KubeconfigActions,
    LockActions,
    ListActions,
    SignInActions,
    SetupActions {
  /** Shows for a moment what was done. */
  showDone(title: string): void;
  /** Undoes what was shown last, where that can be undone. */
  undo(): Promise<void>;
  /** Clears what was shown. */
  clearDone(): void;
  dismiss(problem: number): void;
  /** Rejects. */
  saveSettings(patch: Partial<Settings>): Promise<void>;
  /** Resets a setting to the organisation's value, or to its default. Rejects. */
  resetSetting(name: SettingName): Promise<void>;
  /** Stops showing the first run at start. */
  endFirstRun(): Promise<void>;
  /** Resolves to what happened, the newest first. Rejects. */
  happened(): Promise<readonly ActivityEntry[]>;
  /** Resolves to a cluster's past and its traffic. Rejects. */
  history(id: ClusterId): Promise<History>;
  /** Reads clusters, to put them side by side. Rejects; with `cancelled` when the signal ends it. */
  compare(asked: Input<'compare'>, signal: AbortSignal): Promise<Comparison>;
  /** Answers an AI client that asks to read a production cluster. */
  answerClient(id: string, allow: boolean): Promise<void>;
  /** Ends what an AI client's process has open. */
  endClient(pid: number): Promise<void>;
  /** Reconnects to the agent now. */
  retry(): void;
}

export function createActions({ link, store }: { readonly link: Link; readonly store: PageStore }): Actions {
  const reports = createReports(store);
  const { connectAll, dropFailures, ...tunnels } = createTunnelActions({ link, store, reports });
  const { switchTo, ...kubeconfig } = createKubeconfigActions({
    link,
    store,
    reports,
    onRemoved: (id) => dropFailures([id]),
  });
  const showDone = (title: string) => reports.done({ title });
  return {
    ...tunnels,
    ...kubeconfig,
    ...createLockActions({ link, store, reports }),
    ...createListActions({ link, store, reports }),
    ...createSignIns({ link, store }),
    ...createSetup({ link, showDone }),
    showDone,
    undo: createUndo({ link, store, reports, connectAll, switchTo }),
    clearDone: () => reports.done(undefined),
    dismiss: (problem) =>
      store.update((state) => ({ ...state, problems: state.problems.filter(({ id }) => id !== problem) })),
    async saveSettings(patch) {
      await link.call('settings-set', patch);
    },
    async resetSetting(name) {
      await link.call('settings-reset', { names: [name] });
    },
    endFirstRun: () =>
      reports.attempt(agentText.problems.firstRun, () => link.call('settings-set', { firstRun: false })),
    answerClient: (id, allow) =>
      reports.attempt(confirmationsText.notAnswered, () => link.call('confirmation-answer', { id, allow })),
    endClient: (pid) => reports.attempt(terminalsText.notEnded, () => link.call('mcp-end', { pid })),
    happened: async () => (await link.call('activity', {})).entries,
    history: (id) => link.call('history', { cluster: id }),
    compare: (asked, signal) => link.call('compare', asked, { signal }),
    retry: () => link.retry(),
  };
}
