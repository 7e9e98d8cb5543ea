import type { Environment } from '../../agent/parts.ts';
import type { Account } from '../../model/account.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import type { PlainError } from '../../model/app-error.ts';
import type { SeenClient } from '../../model/clients/find-kind.ts';
import type { HostFacts } from './probes/hosts.ts';
import type { KubeconfigFacts } from './probes/kubeconfig.ts';
import type { OwnFile } from './probes/own-files.ts';
import type { PluginVersion } from './probes/plugins.ts';
import type { PortFacts } from './probes/ports.ts';

/** The agent behind the socket. */
export type AgentFacts =
  | { readonly status: 'none' }
  | { readonly status: 'failed'; readonly error: PlainError }
  | {
      readonly status: 'running';
      readonly version: string;
      readonly pid: number;
      readonly snapshot: Snapshot;
    };

/** A client of this computer or of a project. */
export interface FoundClient extends SeenClient {
  /** The program, or the file that names the package. */
  readonly where: string;
}

/** A program on PATH that did not say its version. */
export interface SilentProgram {
  readonly name: string;
  readonly where: string;
  readonly why: 'too-long' | 'failed';
}

export interface ClientFacts {
  readonly found: readonly FoundClient[];
  readonly silent: readonly SilentProgram[];
  /** Files of projects that cannot be read, with the reason. */
  readonly unread: readonly { readonly file: string; readonly reason: string }[];
}

/** Everything that the checks look at. What is undefined could not be found out. */
export interface Facts {
  readonly env: Environment;
  /** The version of this command line. */
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly agent: AgentFacts | undefined;
  readonly accounts: readonly Account[] | { readonly error: PlainError } | undefined;
  readonly programs: ClientFacts | undefined;
  readonly projects: ClientFacts | undefined;
  readonly kubeconfig: KubeconfigFacts | undefined;
  readonly ownFiles: readonly OwnFile[] | undefined;
  readonly hosts: HostFacts | undefined;
  readonly ports: readonly PortFacts[] | undefined;
  readonly plugins: readonly PluginVersion[] | undefined;
  /** The probes that did not answer in time, and those that failed. */
  readonly late: readonly string[];
  readonly failed: readonly { readonly probe: string; readonly error: PlainError }[];
}
