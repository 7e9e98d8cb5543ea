import type { Cluster } from '../../model/cluster.ts';
import type { Findings } from '../../model/findings.ts';
import type { Organisation } from '../../model/organisation.ts';
import type { Settings } from '../../model/settings.ts';
import type { Network } from '../network/network.ts';
import type { OrganisationFiles } from '../organisation/organisation-files.ts';
import type { Clock, Environment, Logger } from '../parts.ts';
import type { SignInFile } from '../sealing/sign-in-file.ts';
import type { AwsMfaSessions } from './aws/mfa.ts';
import type { CredentialProvider } from './credential-provider.ts';
import type { DiscoverySource } from './discovery-source.ts';
import type { LoginProvider } from './login-provider.ts';
import type { VaultSessions } from './vault/sessions.ts';

/** A cloud, or another source of clusters and credentials. Each field is there if it applies. */
export interface Provider {
  /** Lists its clusters with the current settings and organisation. Created again when they change. */
  readonly source?: () => DiscoverySource;
  readonly login?: LoginProvider;
  readonly credential?: CredentialProvider;
  /** Begins what it does while an agent runs. Returns a function that ends it. */
  readonly background?: () => () => void;
  /** Where `k8s-tunnels login` stores its session, if that is a file of ours. */
  readonly sessionFile?: SignInFile;
  /**
   * Returns what this computer has for discovery. Reads only files; leaves out what cannot be read, or gives the
   * reason.
   */
  readonly findings?: () => Promise<Partial<Findings>>;
}

/** What the agent passes to every provider. Values that can change at run time are functions. */
export interface ProviderParts {
  readonly env: Environment;
  readonly home: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Warns the user. */
  readonly notice: (message: string) => void;
  readonly folders: {
    /** The settings folder. */
    readonly config: string;
    /** The folder of our own files. */
    readonly state: string;
    /** The folder for what was learned and can be learned again. Undefined: it is kept in memory only. */
    readonly memory: string | undefined;
  };
  readonly settings: () => Settings;
  readonly organisation: () => Organisation | undefined;
  /** The sessions of MFA devices, which serve every caller. */
  readonly mfa: AwsMfaSessions;
  /** The sessions of Vaults other than that of VAULT_ADDR, which serve every caller. */
  readonly vaultSessions: VaultSessions;
  /** Files that the organisation's configuration names. */
  readonly organisationFiles: OrganisationFiles;
  /** Rejects if a cluster list may not be read: one that the organisation names must be in its folder. */
  readonly checkClusterFile: (file: string) => Promise<void>;
  /** Returns the clusters that are known now. */
  readonly clusters: () => readonly Cluster[];
  /** Opens a session file in the state folder; `login` is the part of the login command after `k8s-tunnels`. */
  readonly openSessionFile: (file: {
    readonly name: string;
    readonly title: string;
    readonly login: string;
  }) => SignInFile;
}
