import type pLimit from 'p-limit';
import { z } from 'zod';
import { AppError } from '../../../model/app-error.ts';
import type { DiscoverySource } from '../discovery-source.ts';
import { encodePath, kvPaths, type vaultClient } from './client.ts';
import { vaultError, vaultStatus } from './errors.ts';

/** Folders and secrets of a mount in a run. */
const mostPaths = 20_000;
const longestPath = 2_000;

type Client = Awaited<ReturnType<typeof vaultClient>>;

/** Everything that one run needs to read one mount. */
export interface Mount {
  readonly client: Client;
  /** Where the person has logged in, which may be another namespace. */
  readonly loginClient: Client;
  readonly address: URL;
  /** As the setting names it; undefined where `VAULT_NAMESPACE` counts. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** What the cells of the mount are told apart by: host, namespace, mount. */
  readonly account: string;
  readonly run: Parameters<DiscoverySource['discover']>[0];
  /** The names in a folder, those of folders with a trailing slash; none where there is no such folder. */
  list(version: 1 | 2, folder: string): Promise<readonly string[]>;
  /** Vault's answer to a read of a secret; undefined where there is none. */
  read(version: 1 | 2, secret: string): Promise<unknown>;
  /** Folders that the catalog knows clusters in. */
  readonly knownFolders: readonly string[];
  /** What the catalog's clusters were read as; 2 where it knows none. */
  readonly likelyVersion: 1 | 2;
  now(): number;
}

/** `` is the mount's root, which as a cell's region is called `/`. */
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
  /** Each path is asked for once a run. A path that is not there is undefined. */
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
    // Some are asked for ahead of need and never looked at.
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
  // What is known is read ahead, so that a second run takes one round trip however deep the folders are.
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

/** Asked where a listing is empty: that is also what a mount of the other version answers. */
export async function versionOf({ client, address, name }: Mount): Promise<1 | 2> {
  try {
    const answer: unknown = await client.read(encodePath(`sys/internal/ui/mounts/${name}`));
    const told = mountSchema.safeParse(answer);
    return told.success && told.data.data.options?.version !== '2' ? 1 : 2;
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
