import type { VaultMount, VaultSecret } from '../plan.ts';

/** A cluster's kubeconfig stanzas as one secret: the `*-data` values are base64 PEM. */
export type SecretData = {
  readonly server: string;
  readonly 'certificate-authority-data': string;
} & (
  | { readonly token: string }
  | { readonly 'client-certificate-data': string; readonly 'client-key-data': string }
  | { readonly 'oidc-issuer-url': string; readonly 'oidc-client-id': string }
  | { readonly kubeconfig: string }
);

export interface SecretVersion {
  readonly createdTime: string;
  readonly data: SecretData;
}

/** What is stored at the paths of the plan: version 1 of a secret is made when it is first read. */
export class SecretStore {
  private readonly versions = new Map<string, SecretVersion[]>();
  private readonly secretFor: (secret: VaultSecret) => SecretData | Promise<SecretData>;

  constructor(options: {
    readonly secretFor: (secret: VaultSecret) => SecretData | Promise<SecretData>;
  }) {
    this.secretFor = options.secretFor;
  }

  /** Oldest first, one at least. */
  async versionsOf(mount: VaultMount, secret: VaultSecret): Promise<readonly SecretVersion[]> {
    const key = keyOf(mount, secret.path);
    const known = this.versions.get(key);
    if (known !== undefined) return known;
    const first = [{ createdTime: new Date().toISOString(), data: await this.secretFor(secret) }];
    this.versions.set(key, first);
    return first;
  }

  /** Adds a version, as whoever rotates a cluster's credential does. */
  async write(mount: VaultMount, path: string, data: SecretData): Promise<void> {
    const secret = findSecret(mount, path);
    if (secret === undefined) throw new Error(`The plan has no secret at ${path}`);
    const versions = await this.versionsOf(mount, secret);
    this.versions.set(keyOf(mount, path), [...versions, { createdTime: new Date().toISOString(), data }]);
  }
}

export function findSecret(mount: VaultMount, path: string): VaultSecret | undefined {
  return mount.secrets.find((secret) => secret.path === path);
}

function keyOf({ namespace, mount }: VaultMount, path: string): string {
  return `${namespace} ${mount} ${path}`;
}

/**
 * The keys directly below a folder (`''` is the mount's root), folders with a trailing slash, sorted as Vault
 * does. None where the folder is empty or is not there: to Vault both are the same.
 */
export function listFolder(mount: VaultMount, folder: string): readonly string[] {
  const prefix = folder === '' ? '' : `${folder.replace(/\/$/, '')}/`;
  const { secrets, emptyFolders, deniedFolders } = mount;
  const paths = [
    ...secrets.map((secret) => secret.path),
    ...[...emptyFolders, ...deniedFolders].map((path) => `${path}/`),
  ];
  const keys = paths
    .filter((path) => path.startsWith(prefix) && path !== prefix)
    .map((path) => /^[^/]+\/?/.exec(path.slice(prefix.length))?.[0] ?? '');
  return [...new Set(keys)].sort();
}

export function isDenied(mount: VaultMount, secretPath: string): boolean {
  const path = `${secretPath.replace(/\/$/, '')}/`;
  return mount.deniedFolders.some((folder) => path.startsWith(`${folder}/`));
}
