import type pLimit from 'p-limit';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { Cluster } from '../../../model/cluster.ts';
import type { DiscoverySource } from '../discovery-source.ts';
import { encodePath, type KvFolder, kvPaths, type vaultClient } from './client.ts';
import { vaultError, vaultStatus } from './errors.ts';

/** The limit of folders and secrets of a mount in a run. */
const mostPaths = 20_000;
const longestPath = 2_000;

type Client = Awaited<ReturnType<typeof vaultClient>>;

/** Everything that a run needs to read one mount. */
export interface Mount {
  readonly client: Client;
  /** The client of the namespace where the user has logged in, which may be a different one. */
  readonly loginClient: Client;
  readonly address: URL;
  /** The namespace in the setting; undefined if `VAULT_NAMESPACE` applies. */
  readonly namespace: string | undefined;
  /** The setting without its namespace: a mount, or a folder of one. */
  readonly name: string;
  /** Where that is in Vault, as far as it is known. */
  readonly at: KvFolder;
  /** Identifies the cells of the mount: host, namespace, name. */
  readonly account: string;
  readonly run: Parameters<DiscoverySource['discover']>[0];
  /** Lists the names in a folder, subfolders with a trailing slash; none if the folder does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /** Reads a secret and returns Vault's answer; undefined if there is none. */
  read(secret: string): Promise<unknown>;
  /** Folders that have clusters in the catalog. */
  readonly knownFolders: readonly string[];
  now(): number;
}

/** Returns the folder of a cell's region: the mount's root has the region `/`, and the path ``. */
function folderOf(region: string): string {
  return region === '/' ? '' : region;
}

export function openMount(
  parts: Omit<Mount, 'list' | 'read' | 'knownFolders'> & { readonly limit: ReturnType<typeof pLimit> },
): Mount {
  const { client, address, name, at, account, run, limit } = parts;
  const paths = kvPaths(at);
  const asked = new Map<string, Promise<unknown>>();
  /** Requests each path once per run. Undefined if the path does not exist. */
  const ask = (path: string, capability: 'list' | 'read'): Promise<unknown> => {
    const known = asked.get(path);
    if (known !== undefined) return known;
    if (asked.size >= mostPaths || path.length > longestPath)
      return Promise.reject(
        new AppError('vault-failed', `Vault at ${address.host} lists folders of ${name} without an end.`, {
          hint: 'Ask a Vault administrator, or set vaultMounts to mounts that hold only clusters.',
        }),
      );
    const answer = limit(() => {
      run.signal.throwIfAborted();
      return capability === 'list' ? client.list(encodePath(path)) : client.read(encodePath(path));
    }).catch((error: unknown) => {
      run.signal.throwIfAborted();
      if (vaultStatus(error) === 404) return undefined;
      throw vaultError({ error, address, path, capability });
    });
    // Some are requested in advance and never used.
    answer.catch(() => {});
    asked.set(path, answer);
    return answer;
  };
  const known = run.known.filter((cluster) => cluster.account === account);
  const mount: Mount = {
    ...parts,
    knownFolders: [...new Set(known.map(({ region }) => folderOf(region)))].filter((folder) => folder !== ''),
    list: async (folder) => listSchema.parse(await ask(paths.list(folder), 'list')).data.keys,
    read: (secret) => ask(paths.read(secret), 'read'),
  };
  // Read known paths in advance, so that a second run takes one round trip however deep the folders are.
  for (const { region, name: secret } of known) {
    const parents = folderOf(region).split('/').filter(Boolean);
    parents.forEach((_, index) => {
      mount.list(parents.slice(0, index + 1).join('/')).catch(() => {});
    });
    mount.read([...parents, secret].join('/')).catch(() => {});
  }
  return mount;
}

const listSchema = z.object({ data: z.object({ keys: z.array(z.string()) }) }).catch({ data: { keys: [] } });

/** Returns where the catalog's clusters of a setting were read; the setting as a mount of version 2 if it has none. */
export function likelyFolder(name: string, account: string, known: readonly Cluster[]): KvFolder | undefined {
  for (const cluster of known) {
    const { credential } = cluster;
    if (cluster.account !== account || credential?.kind !== 'vault') continue;
    const inside = [folderOf(cluster.region), cluster.name].filter(Boolean).join('/');
    const folder = credential.path.slice(0, -inside.length).replace(/\/$/, '');
    return { mount: credential.mount, version: credential.version, folder };
  }
  // A mount's path may hold slashes too: Vault is asked where it ends.
  return name.includes('/') ? undefined : { mount: name, version: 2, folder: '' };
}

/**
 * Looks up the mount and its version as the vault command does
 * (https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts): every token that may use a path below a
 * mount may ask. Rejects with `not-found` if there is no such mount, or nothing in it for this token: Vault does not say
 * which.
 */
export async function locate({
  client,
  address,
  name,
}: Pick<Mount, 'client' | 'address' | 'name'>): Promise<KvFolder> {
  try {
    const answer: unknown = await client.read(encodePath(`sys/internal/ui/mounts/${name}`));
    const { data } = mountSchema.parse(answer);
    const mount = data.path?.replace(/\/$/, '') ?? name;
    const isBelow = name.startsWith(`${mount}/`);
    return {
      mount: isBelow ? mount : name,
      version: data.options?.version === '2' ? 2 : 1,
      folder: isBelow ? name.slice(mount.length + 1) : '',
    };
  } catch (error) {
    if (vaultStatus(error) !== 403 && vaultStatus(error) !== 404) {
      throw vaultError({ error, address, path: name, capability: 'list' });
    }
    throw new AppError('not-found', `Vault at ${address.host} has no mount "${name}" that you may see.`, {
      hint: 'Set vaultMounts to the KV mounts that hold clusters, or to a folder of one as MOUNT/FOLDER.',
      cause: error,
    });
  }
}

const mountSchema = z.object({
  data: z.object({
    path: z.string().optional(),
    options: z.object({ version: z.string().optional() }).nullish(),
  }),
});
