import type { Plan, VaultSecret } from '../plan.ts';

/** A cluster's kubeconfig stanzas as one secret: the `*-data` values are base64 PEM. */
export type SecretData = {
  readonly server: string;
  readonly 'certificate-authority-data': string;
} & (
  | { readonly token: string }
  | { readonly 'client-certificate-data': string; readonly 'client-key-data': string }
);

export interface SecretVersion {
  readonly createdTime: string;
  readonly data: SecretData;
}

/** What is stored at the paths of the plan: version 1 of a secret is made when it is first read. */
export class SecretStore {
  private readonly versions = new Map<string, SecretVersion[]>();
  private readonly plan: () => Plan;
  private readonly secretFor: (secret: VaultSecret) => SecretData | Promise<SecretData>;

  constructor(options: {
    readonly plan: () => Plan;
    readonly secretFor: (secret: VaultSecret) => SecretData | Promise<SecretData>;
  }) {
    this.plan = options.plan;
    this.secretFor = options.secretFor;
  }

  find(path: string): VaultSecret | undefined {
    return this.plan().vault.secrets.find((secret) => secret.path === path);
  }

  /** Oldest first, one at least. */
  async versionsOf(secret: VaultSecret): Promise<readonly SecretVersion[]> {
    const known = this.versions.get(secret.path);
    if (known !== undefined) return known;
    const first = [{ createdTime: new Date().toISOString(), data: await this.secretFor(secret) }];
    this.versions.set(secret.path, first);
    return first;
  }

  /** Adds a version, as whoever rotates a cluster's credential does. */
  async write(path: string, data: SecretData): Promise<void> {
    const secret = this.find(path);
    if (secret === undefined) throw new Error(`The plan has no secret at ${path}`);
    const versions = await this.versionsOf(secret);
    this.versions.set(path, [...versions, { createdTime: new Date().toISOString(), data }]);
  }
}

/**
 * The keys directly below a folder (`''` is the mount's root), folders with a trailing slash, sorted as Vault
 * does. None where the folder is empty or is not there: to Vault both are the same.
 */
export function listFolder(options: { readonly plan: Plan; readonly folder: string }): readonly string[] {
  const { plan, folder } = options;
  const prefix = folder === '' ? '' : `${folder.replace(/\/$/, '')}/`;
  const { secrets, emptyFolders, deniedFolders } = plan.vault;
  const paths = [
    ...secrets.map((secret) => secret.path),
    ...[...emptyFolders, ...deniedFolders].map((path) => `${path}/`),
  ];
  const keys = paths
    .filter((path) => path.startsWith(prefix) && path !== prefix)
    .map((path) => /^[^/]+\/?/.exec(path.slice(prefix.length))?.[0] ?? '');
  return [...new Set(keys)].sort();
}

export function isDenied(options: { readonly plan: Plan; readonly path: string }): boolean {
  const path = `${options.path.replace(/\/$/, '')}/`;
  return options.plan.vault.deniedFolders.some((folder) => path.startsWith(`${folder}/`));
}
