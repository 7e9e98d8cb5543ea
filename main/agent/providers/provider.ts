import type { Cluster } from '../../model/cluster.ts';
import type { Findings } from '../../model/findings.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Settings } from '../../model/settings.ts';
import type { Network } from '../network/network.ts';
import type { OrganisationFiles } from '../organisation/organisation-files.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';
import type { CredentialProvider } from './credential-provider.ts';
import type { DiscoverySource } from './discovery-source.ts';
import type { LoginProvider } from './login-provider.ts';

/** A cloud, or another place that clusters and their credentials come from. It has what applies to it. */
export interface Provider {
  /** Lists its clusters, as settings and organisation are at the moment: made again when they change. */
  readonly source?: () => DiscoverySource;
  readonly login?: LoginProvider;
  readonly credential?: CredentialProvider;
  /** Where `k8s-tunnels login` keeps its session, when that is a file of ours. */
  readonly sessionFile?: SignInFile;
  /** What this computer has to discover with. Reads files only; what cannot be read is left out or says why. */
  readonly findings?: () => Promise<Partial<Findings>>;
}

/** What the agent passes to every provider. What can change while it runs is asked for when it is needed. */
export interface ProviderParts {
  readonly env: Environment;
  readonly home: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly folders: {
    /** Where the settings are. */
    readonly config: string;
    /** Where our own files are. */
    readonly state: string;
  };
  readonly settings: () => Settings;
  readonly organisation: () => Organisation | undefined;
  /** Files that the organisation's configuration names. */
  readonly organisationFiles: OrganisationFiles;
  /** Rejects where a list of clusters may not be read: one that the organisation names has to be in its folder. */
  readonly checkClusterFile: (file: string) => Promise<void>;
  /** The clusters that are known at the moment. */
  readonly clusters: () => readonly Cluster[];
  /** A file of sessions in the state folder; `login` are the words that sign in again after `k8s-tunnels`. */
  readonly openSessionFile: (file: {
    readonly name: string;
    readonly title: string;
    readonly login: string;
  }) => SignInFile;
}
