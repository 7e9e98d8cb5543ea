import type { Account } from '../model/account.ts';
import type { ActivityEntry, History } from '../model/activity-entry.ts';
import type { Change, ConnectOutcome, ConnectResult, Kubectl, Snapshot } from '../model/agent-view.ts';
import type { CallerEnvironment } from '../model/caller-environment.ts';
import type { Cell, ClusterId } from '../model/cluster.ts';
import type { Comparison } from '../model/comparison.ts';
import type { Consent } from '../model/consent.ts';
import type { EntryForm } from '../model/entry-form.ts';
import type { Findings } from '../model/findings.ts';
import type { KubeconfigSourceInput } from '../model/kubeconfig-source.ts';
import type { Context, KubeconfigEdit } from '../model/kubeconfig-view.ts';
import type { ReadOnly } from '../model/read-only.ts';
import type { Settings, SettingsFrom } from '../model/settings.ts';
import type { Terminal, TerminalKind } from '../model/terminal.ts';
import type { WorkloadKind } from '../model/workload-kinds.ts';
import type { PluginCommand } from './connections/kubeconfig-entry.ts';
import type { WorkerScript } from './kubeconfig/planner.ts';
import type { Logins } from './logins/logins.ts';
import type { ListActions } from './operations/favourites.ts';
import type { McpOperations } from './operations/mcp.ts';
import type { ProductionActions } from './operations/production.ts';
import type { OrganisationKeeper } from './organisation/organisation.ts';
import type { Clock, Environment, Logger } from './parts.ts';
import type { Paths } from './paths.ts';
import type { Sealer } from './sealing/sealer.ts';
import type { SettingsStore } from './settings/settings.ts';

/**
 * Dependencies that a shell passes in. The agent reads nothing of its process directly, except what the AWS SDK reads.
 */
export interface Parts {
  readonly env: Environment;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openStore: () => SettingsStore;
  readonly openUrl: (url: string) => Promise<void>;
  /**
   * True where `env` is that of the user's login shell, which every shell has too. Otherwise a shell that sets none of a
   * provider's variables does not get those of the shell that started the agent.
   */
  readonly isEnvironmentOfEveryShell?: true | undefined;
  /** Stores our own sessions. */
  readonly sealer: Sealer;
  /** The command that kubectl runs for a credential. */
  readonly plugin: PluginCommand;
  /** The script of the thread that plans changes of large kubeconfigs. Without it, they are planned in this thread. */
  readonly planWorker?: WorkerScript | undefined;
  /** What failed before the agent started, for its notices. */
  readonly warnings?: readonly string[] | undefined;
  /** The folder of the programs in the package, if there is one. */
  readonly resources?: string | undefined;
  /** Collects all garbage of the process, if the host can. The agent calls it when nothing is open any more. */
  readonly collectGarbage?: (() => void) | undefined;
}

/** Says with which variables a call acts: those of the caller's shell, or the agent's own. */
interface Asking {
  readonly environment?: CallerEnvironment | undefined;
}

export interface Agent extends ListActions, McpOperations, ProductionActions {
  snapshot(): Snapshot;
  /** Returns true while kubeconfigs work only as long as an agent runs, since no plugin of theirs starts one. */
  isNeeded(): boolean;
  /** Returns an unsubscribe function. */
  subscribe(listener: (change: Change) => void): () => void;
  /**
   * Reports that the user is watching tunnel states in a visible window, until the returned function is called. Unused
   * tunnels are probed more often meanwhile.
   */
  look(): () => void;
  /** Reads every source, also with the variables of the caller's shell. Joins a run that is in progress. */
  discover(options?: {
    readonly environment?: CallerEnvironment | undefined;
    /** Only if the shell has other variables than those used so far, and without waiting for the result. */
    readonly onlyNew?: true | undefined;
  }): Promise<{ clusters: number; failed: Cell[]; tookMs: number }>;
  connect(options: {
    readonly clusters: readonly string[];
    readonly place?: KubeconfigSourceInput | undefined;
    readonly environment?: CallerEnvironment | undefined;
    readonly mode?: Settings['kubeconfigMode'] | undefined;
    /** Set where a link, a set or what was connected before names the clusters, not the user. */
    readonly origin?: 'link' | 'set' | 'resume' | undefined;
    /** The user's answer for a production cluster. Without one, `production-unconfirmed` asks for it. */
    readonly production?: boolean | undefined;
    /** Restores the previous context after this many minutes, where the current context is switched. */
    readonly minutes?: number | undefined;
    readonly signal: AbortSignal;
  }): Promise<{ results: ConnectResult[]; kubectl: Kubectl; warnings: string[] } & ConnectOutcome>;
  /** Retries now the tunnels that wait for their next attempt or have failed; a browser may open. Returns which. */
  retry(options: {
    readonly clusters: readonly string[] | 'all';
  }): Promise<{ tried: { cluster: ClusterId; title: string }[] }>;
  disconnect(options: {
    readonly clusters: readonly string[] | 'all';
    readonly place?: KubeconfigSourceInput | undefined;
  }): Promise<{ closed: { cluster: ClusterId; title: string }[]; kubectl: Kubectl; warnings: string[] }>;
  disconnectAll(): Promise<void>;
  /** Removes entries, on-demand contexts included, from the kubeconfig and closes their tunnels. */
  forget(options: {
    readonly clusters: readonly string[] | 'all';
    readonly place?: KubeconfigSourceInput | undefined;
  }): Promise<{ forgotten: { cluster: ClusterId; title: string }[]; kubectl: Kubectl; warnings: string[] }>;
  /**
   * Replaces the passwords of local ports and writes the kubeconfig entries; open connections stay open. Ends what separate
   * kubeconfigs open, of clusters without an entry too.
   */
  rotate(options: {
    readonly clusters: readonly string[] | 'all';
  }): Promise<{ rotated: { cluster: ClusterId; title: string }[]; warnings: string[] }>;
  /**
   * Returns a kubeconfig (YAML) for one program, which reaches the clusters through local TLS proxies. `file` is where the
   * caller writes it. With `container`, listens on a Unix socket for each cluster in the same folder.
   */
  kubeconfigFile(options: {
    readonly clusters: readonly string[];
    readonly file: string;
    readonly container?: true | undefined;
    readonly readOnly?: ReadOnly | undefined;
    /** When its secrets end, if that is sooner than they would. */
    readonly minutes?: number | undefined;
  }): Promise<{
    kubeconfig: string;
    clusters: { cluster: ClusterId; title: string; context: string }[];
    readOnly?: ReadOnly;
    until: number;
  }>;
  /** Ends what a separate kubeconfig opens. Rejects with `not-found` if there is none at this path. */
  endKubeconfigFile(file: string): Promise<{ ended: { cluster: ClusterId; title: string }[] }>;
  /** Makes a connected cluster the current context; `-` restores the previous context. */
  switchTo(options: {
    readonly cluster: string;
    readonly place?: KubeconfigSourceInput | undefined;
    /** As in `connect`. */
    readonly production?: boolean | undefined;
    readonly minutes?: number | undefined;
  }): Promise<{ kubectl: Kubectl }>;
  /** Connects clusters for one terminal or program, with a kubeconfig of their own for each. */
  isolate(options: {
    readonly clusters: readonly string[];
    readonly kind: TerminalKind;
    readonly pid: number;
    readonly namespace?: string | undefined;
    readonly form?: EntryForm | undefined;
    readonly readOnly?: ReadOnly | undefined;
    readonly production?: boolean | undefined;
    readonly signal: AbortSignal;
  }): Promise<{ results: ConnectResult[]; terminals: (Terminal & { file: string })[] }>;
  followTerminal(terminal: string, pid: number): Promise<void>;
  endTerminals(terminals: readonly string[]): Promise<number>;
  /** Opens the user's terminal app with a shell for the cluster. */
  openTerminal(options: {
    readonly cluster: string;
    readonly namespace?: string | undefined;
  }): Promise<{ program: string }>;
  /** Reads clusters, and returns what differs between them. */
  compare(
    options: Asking & {
      readonly clusters: readonly { readonly cluster: string; readonly namespace?: string | undefined }[];
      readonly kind?: WorkloadKind | undefined;
      readonly production?: boolean | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<Comparison>;
  /** Lists the contexts of the caller's kubeconfig. */
  contexts(caller: KubeconfigSourceInput | undefined): Promise<{ contexts: Context[] }>;
  /** Returns what `connect` would write, without passwords. */
  connectPreview(options: {
    readonly clusters: readonly string[];
    readonly place?: KubeconfigSourceInput | undefined;
    readonly mode?: Settings['kubeconfigMode'] | undefined;
    readonly origin?: 'link' | 'set' | undefined;
    readonly production?: boolean | undefined;
  }): Promise<
    { file: string; diff: string } & {
      stays: { cluster: ClusterId; title: string }[];
      left: { cluster: ClusterId; title: string }[];
    }
  >;
  /** Lists our edits of the caller's kubeconfig, the latest first. */
  kubeconfigHistory(caller: KubeconfigSourceInput | undefined): Promise<{ edits: KubeconfigEdit[] }>;
  kubeconfigDiff(options: {
    readonly place?: KubeconfigSourceInput | undefined;
    readonly id?: string | undefined;
  }): Promise<{ diff: string }>;
  /** Takes back an edit: the latest that is not undone, unless `id` names another. */
  kubeconfigUndo(options: {
    readonly place?: KubeconfigSourceInput | undefined;
    readonly id?: string | undefined;
  }): Promise<{ edit: KubeconfigEdit; warnings: string[] }>;
  /** Writes entries of ours again that another program changed, also those that it changed twice. */
  kubeconfigRepair(): Promise<{ repaired: { cluster: ClusterId; title: string }[] }>;
  kubectl(caller: KubeconfigSourceInput | undefined): Promise<Kubectl>;
  /** Returns an ExecCredential. */
  credential(options: {
    readonly cluster: string;
    readonly execInfo?: string | undefined;
    /** False where the caller sees no browser. */
    readonly browser?: false | undefined;
    /** Decides whose credential it is. */
    readonly environment?: CallerEnvironment | undefined;
  }): Promise<Record<string, unknown>>;
  /**
   * Returns what the user must allow before the cluster's API server receives an ID token; undefined for a cluster that
   * takes none.
   */
  consent(cluster: string): Promise<Consent | undefined>;
  /** Allows what `consent` returned with this digest. Rejects with `bad-input` if it has changed since. */
  allow(options: { readonly cluster: string; readonly digest: string }): Promise<Consent>;
  /** Lists sessions, Cloudflare Access included. */
  accounts(options?: Asking): Promise<readonly Account[]>;
  /** Returns what this computer has for discovering clusters, besides the accounts. */
  findings(): Promise<Findings>;
  login(options: Parameters<Logins['login']>[0] & Asking): ReturnType<Logins['login']>;
  logout(options: Parameters<Logins['logout']>[0] & Asking): ReturnType<Logins['logout']>;
  /** Reports that the user looks at these clusters: looks up the policies that are not known yet. */
  lookAt(clusters: readonly ClusterId[]): void;
  /** Returns what happened, newest first: after the entry `since`, at most `limit` entries. */
  activity(options: {
    readonly since?: number | undefined;
    readonly limit?: number | undefined;
  }): ActivityEntry[];
  history(cluster: ClusterId): Promise<History>;
  /** Returns counters of the requests through local TLS proxies, as OpenMetrics text. */
  auditMetrics(): string;
  /** Returns everything that the agent measures, as OpenMetrics text. */
  metrics(): Promise<string>;
  settings(): Settings;
  /** Returns who decided each setting. */
  settingsFrom(): SettingsFrom;
  changeSettings(patch: { readonly [K in keyof Settings]?: Settings[K] | undefined }): Settings;
  resetSettings(names: readonly (keyof Settings)[]): Settings;
  /** Sets up and refreshes the organisation's configuration. */
  readonly setup: Pick<
    OrganisationKeeper,
    'preview' | 'apply' | 'remove' | 'refresh' | 'refusedFile' | 'view'
  >;
  /** Ends all work at once. Connections are remembered, and the next start opens them again. */
  close(): Promise<void>;
}
