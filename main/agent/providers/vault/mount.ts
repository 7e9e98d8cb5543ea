import type pLimit from 'p-limit';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { DiscoverySource } from '../discovery-source.ts';
import { encodePath, kvPaths, type vaultClient } from './client.ts';
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
  readonly name: string;
  /** Identifies the cells of the mount: host, namespace, mount. */
  readonly account: string;
  readonly run: Parameters<DiscoverySource['discover']>[0];
  /** Lists the names in a folder, subfolders with a trailing slash; none if the folder does not exist. */
  list(version: 1 | 2, folder: string): Promise<readonly string[]>;
  /** Reads a secret and returns Vault's answer; undefined if there is none. */
  read(version: 1 | 2, secret: string): Promise<unknown>;
  /** Folders that have clusters in the catalog. */
  readonly knownFolders: readonly string[];
  /** The version with which the catalog's clusters were read; 2 if it has none. */
  readonly likelyVersion: 1 | 2;
  now(): number;
}

/** Returns the folder of a cell's region: the mount's root has the region `/`, and the path ``. */
function folderOf(region: string): string {
  return region === '/' ? '' : region;
}

export function openMount(
  parts: Omit<Mount, 'list' | 'read' | 'knownFolders' | 'likelyVersion'> & {
    readonly limit: ReturnType<typeof pLimit>;
  },
): Mount {
  const { client, address, name, account, run, limit } = parts;
  const asked = new Map<string, Promise<unknown>>();
  /** Requests each path once per run. Undefined if the path does not exist. */
  const ask = (path: string, capability: 'list' | 'read'): Promise<unknown> => {
    const known = asked.get(path);
    if (known !== undefined) return known;
    if (asked.size >= mostPaths || path.length > longestPath)
      return Promise.reject(
        new AppError('vault-failed', `Vault at ${address.host} lists folders of ${name} without an end.`, {
          hint: 'Ask a Vault administrator, or set vault.mounts to mounts that hold clusters alone.',
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
  const version = known.some(({ credential }) => credential?.kind === 'vault' && credential.version === 1)
    ? 1
    : 2;
  const mount: Mount = {
    ...parts,
    likelyVersion: version,
    knownFolders: [...new Set(known.map(({ region }) => folderOf(region)))].filter((folder) => folder !== ''),
    list: async (version, folder) =>
      listSchema.parse(await ask(kvPaths(version, name).list(folder), 'list')).data.keys,
    read: (version, secret) => ask(kvPaths(version, name).read(secret), 'read'),
  };
  // Read known paths in advance, so that a second run takes one round trip however deep the folders are.
  for (const { region, name: secret } of known) {
    const parents = folderOf(region).split('/').filter(Boolean);
    parents.forEach((_, index) => {
      mount.list(version, parents.slice(0, index + 1).join('/')).catch(() => {});
    });
    mount.read(version, [...parents, secret].join('/')).catch(() => {});
  }
  return mount;
}

const listSchema = z.object({ data: z.object({ keys: z.array(z.string()) }) }).catch({ data: { keys: [] } });

/** Looks up the version. Needed if a listing is empty: a mount of the other version answers so too. */
export async function versionOf({ client, address, name }: Mount): Promise<1 | 2> {
  try {
    const answer: unknown = await client.read(encodePath(`sys/internal/ui/mounts/${name}`));
    const parsed = mountSchema.safeParse(answer);
    return parsed.success && parsed.data.data.options?.version !== '2' ? 1 : 2;
  } catch (error) {
    if (vaultStatus(error) !== 403 && vaultStatus(error) !== 404) {
      throw vaultError({ error, address, path: name, capability: 'list' });
    }
    throw new AppError('not-found', `Vault at ${address.host} has no mount "${name}" that you may see.`, {
      hint: 'Set vault.mounts to the KV mounts that hold clusters.',
      cause: error,
    });
  }
}

const mountSchema = z.object({
  data: z.object({ options: z.object({ version: z.string().optional() }).nullish() }),
});
