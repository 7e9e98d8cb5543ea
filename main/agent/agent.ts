import type { Account } from '../model/account.ts';
import type { ActivityEntry, History } from '../model/activity-entry.ts';
import type { Change, ConnectOutcome, ConnectResult, Kubectl, Snapshot } from '../model/agent-view.ts';
import type { Cell, ClusterId } from '../model/cluster.ts';
import type { ClusterSet } from '../model/cluster-set.ts';
import type { Consent } from '../model/consent.ts';
import type { Findings } from '../model/findings.ts';
import type { Settings, SettingsFrom } from '../model/settings.ts';
import type { PluginCommand } from './connections/kubeconfig-entry.ts';
import type { Logins } from './logins/logins.ts';
import type { OrganisationKeeper } from './organisation/organisation.ts';
import type { Clock, Environment, Logger } from './parts.ts';
import type { Paths } from './paths.ts';
import type { Sealer } from './sealing/sealer.ts';
import type { SettingsStore } from './settings/settings.ts';

/** What a shell hands in. The agent reads nothing of its process by itself, but for what the AWS SDK reads. */
export interface Parts {
  readonly env: Environment;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openStore: () => SettingsStore;
  readonly openUrl: (url: string) => Promise<void>;
  /** How our own sign-ins are kept. */
  readonly sealer: Sealer;
  /** What kubectl runs for a credential. */
  readonly plugin: PluginCommand;
  /** The folder of the package's own programs, where it has one. */
  readonly resources?: string | undefined;
  /** Collects all garbage of the process, where the host can: called when nothing is open any more. */
  readonly collectGarbage?: (() => void) | undefined;
}

/** A caller's kubeconfig as it crosses the boundary. */
export type Place = { readonly kubeconfig?: string | undefined; readonly cwd: string; readonly home: string };

export interface Agent {
  snapshot(): Snapshot;
  /** The answer ends it. */
  subscribe(listener: (change: Change) => void): () => void;
  /**
   * Somebody looks at the states of tunnels, in a window that is not hidden, until the returned function is called:
   * tunnels that nobody uses are probed more often meanwhile.
   */
  look(): () => void;
  /** Reads every source; a run that is under way is joined. */
  discover(): Promise<{ clusters: number; failed: Cell[]; tookMs: number }>;
  connect(options: {
    readonly clusters: readonly string[];
    readonly place?: Place | undefined;
    readonly mode?: Settings['kubeconfigMode'] | undefined;
    /** Where the clusters are named, if not by the user. */
    readonly origin?: 'link' | 'set' | undefined;
    /** The user's answer where production asks; without one, `production-unconfirmed` is the question. */
    readonly production?: boolean | undefined;
    /** Where the current context is switched, it is restored after so many minutes. */
    readonly minutes?: number | undefined;
    readonly signal: AbortSignal;
  }): Promise<{ results: ConnectResult[]; kubectl: Kubectl; warnings: string[] } & ConnectOutcome>;
  /** Tries those now that wait for their next try, or have given up: a browser may open. Answers which. */
  retry(options: {
    readonly clusters: readonly string[] | 'all';
  }): Promise<{ tried: { cluster: ClusterId; title: string }[] }>;
  disconnect(options: {
    readonly clusters: readonly string[] | 'all';
    readonly place?: Place | undefined;
  }): Promise<{ closed: { cluster: ClusterId; title: string }[]; kubectl: Kubectl; warnings: string[] }>;
  disconnectAll(): Promise<void>;
  /** Takes entries out of the kubeconfig, kept ones too, and closes their tunnels. */
  forget(options: {
    readonly clusters: readonly string[] | 'all';
    readonly place?: Place | undefined;
  }): Promise<{ forgotten: { cluster: ClusterId; title: string }[]; kubectl: Kubectl; warnings: string[] }>;
  /** Replaces the passwords of local ports, and writes the kubeconfig entries. Connections that are open stay. */
  rotate(options: {
    readonly clusters: readonly string[] | 'all';
  }): Promise<{ rotated: { cluster: ClusterId; title: string }[]; warnings: string[] }>;
  /** Makes a connected cluster current; `-` restores the context before it. */
  switchTo(options: {
    readonly cluster: string;
    readonly place?: Place | undefined;
    /** As for `connect`. */
    readonly production?: boolean | undefined;
    readonly minutes?: number | undefined;
  }): Promise<{ kubectl: Kubectl }>;
  kubectl(place: Place | undefined): Promise<Kubectl>;
  /** An ExecCredential. */
  credential(options: {
    readonly cluster: string;
    readonly execInfo?: string | undefined;
    /** False where whoever asks sees no browser. */
    readonly browser?: false | undefined;
  }): Promise<Record<string, unknown>>;
  /** What is to be allowed before the cluster's API server receives an id token; undefined where it takes none. */
  consent(cluster: string): Promise<Consent | undefined>;
  /** Allows what `consent` answered with this digest. Rejects with `bad-input` where it has changed since. */
  allow(options: { readonly cluster: string; readonly digest: string }): Promise<Consent>;
  /** Who is signed in where, Cloudflare Access included. */
  accounts(): Promise<readonly Account[]>;
  /** What this computer has to find clusters with, beside the accounts. */
  findings(): Promise<Findings>;
  readonly login: Logins['login'];
  readonly logout: Logins['logout'];
  favourite(options: {
    readonly cluster: string;
    readonly on: boolean;
  }): Promise<{ favourites: ClusterId[] }>;
  orderFavourites(ids: readonly ClusterId[]): Promise<{ favourites: ClusterId[] }>;
  /** Rejects with `bad-input` where there are too many, or as a cluster that is not found. */
  saveSet(options: {
    readonly name: string;
    readonly clusters: readonly string[];
  }): Promise<{ sets: ClusterSet[] }>;
  removeSet(name: string): Promise<{ sets: ClusterSet[] }>;
  /** A person looks at these: what the policies say of them is asked for where it is not known. */
  lookAt(clusters: readonly ClusterId[]): void;
  /** What happened, the newest first: after the entry `since`, at most `limit`. */
  activity(options: {
    readonly since?: number | undefined;
    readonly limit?: number | undefined;
  }): ActivityEntry[];
  history(cluster: ClusterId): Promise<History>;
  settings(): Settings;
  /** Who decided each setting. */
  settingsFrom(): SettingsFrom;
  changeSettings(patch: { readonly [K in keyof Settings]?: Settings[K] | undefined }): Settings;
  resetSettings(names: readonly (keyof Settings)[]): Settings;
  /** The organisation's configuration, to set up and to refresh. */
  readonly setup: Pick<OrganisationKeeper, 'preview' | 'apply' | 'remove' | 'refresh' | 'view'>;
  /** Ends at once what runs; connections stay remembered and are opened again by the next start. */
  close(): Promise<void>;
}
