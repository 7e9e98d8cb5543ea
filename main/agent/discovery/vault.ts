import pLimit from 'p-limit';
import { toPlainError } from '../app-error.ts';
import type { CellOutcome, DiscoverySource } from './source.ts';
import { type VaultPlaces, vaultAddress, vaultClient, vaultToken, whyDenied } from './vault-client.ts';
import { readSecrets } from './vault-cluster.ts';
import { isVersionOne, type Mount, openMount } from './vault-mount.ts';

const concurrency = 32;

/**
 * Clusters that stand in Vault: a secret each, with the words of kubeconfig (`server`,
 * `certificate-authority-data`, `token` or `client-certificate-data` and `client-key-data`) and the tags as custom
 * metadata. A cell is a folder. Without `VAULT_ADDR` there is nothing to read.
 */
export function createVaultSource(
  options: VaultPlaces & { readonly mounts: readonly string[] },
): DiscoverySource {
  const { env, mounts } = options;
  return {
    source: 'vault',
    async discover(run) {
      if (env.VAULT_ADDR === undefined || env.VAULT_ADDR === '') return;
      const names = mounts.map((mount) => mount.replace(/^\/+|\/+$/g, ''));
      const fail = (host: string, error: unknown) => {
        run.signal.throwIfAborted();
        run.onPlanned(names.length);
        for (const name of names) {
          const account = accountOf(host, env.VAULT_NAMESPACE, name);
          const knownRegions = run.known
            .filter((known) => known.account === account)
            .map(({ region }) => region);
          for (const region of new Set(['/', ...knownRegions])) {
            run.onCell({
              cell: { source: 'vault', account, region },
              outcome: { kind: 'failed', error: toPlainError(error) },
            });
          }
        }
      };
      let address: URL;
      try {
        address = vaultAddress(env.VAULT_ADDR);
      } catch (error) {
        fail('VAULT_ADDR', error);
        return;
      }
      let client: Mount['client'];
      try {
        client = await vaultClient({
          places: options,
          address,
          token: await vaultToken(options),
          signal: run.signal,
        });
      } catch (error) {
        fail(address.host, error);
        return;
      }
      const limit = pLimit(concurrency);
      await Promise.all(
        names.map(async (name) => {
          const account = accountOf(address.host, env.VAULT_NAMESPACE, name);
          const mount = openMount({ client, address, name, account, limit, run, now: options.clock.now });
          run.onPlanned(1);
          await walk(mount, 2, '');
        }),
      );
    },
  };
}

function accountOf(host: string, namespace: string | undefined, mount: string): string {
  const inner = namespace?.replace(/^\/+|\/+$/g, '') ?? '';
  return [host, ...(inner === '' ? [] : [inner]), mount].join('/');
}

/** Reads a folder and, at the same time, those below it. */
async function walk(mount: Mount, version: 1 | 2, folder: string): Promise<void> {
  const { run, account, knownFolders } = mount;
  const below = folder === '' ? '' : `${folder}/`;
  const tell = (path: string, outcome: CellOutcome) => {
    run.signal.throwIfAborted();
    run.onCell({ cell: { source: 'vault', account, region: path === '' ? '/' : path }, outcome });
  };
  let keys: readonly string[];
  try {
    keys = await mount.list(version, folder);
    if (keys.length === 0 && folder === '' && version === 2 && (await isVersionOne(mount))) {
      await walk(mount, 1, folder);
      return;
    }
  } catch (error) {
    run.signal.throwIfAborted();
    const told = folder === '' ? await whyDenied(mount.client, mount.address, error) : error;
    tell(folder, { kind: 'failed', error: toPlainError(told) });
    // A policy may still allow the folders below; those that are known say so themselves.
    const children = knownFolders
      .filter((known) => known.startsWith(below))
      .map((known) => known.slice(below.length).split('/')[0] ?? '');
    await walkAll(mount, version, new Set(children.map((child) => `${below}${child}`)));
    return;
  }
  const folders = keys.filter((key) => key.endsWith('/')).map((key) => `${below}${key.slice(0, -1)}`);
  for (const known of knownFolders) {
    const inside = folders.some((child) => known === child || known.startsWith(`${child}/`));
    // The listing of its parent says that it is gone.
    if (known.startsWith(below) && known !== folder && !inside) tell(known, { kind: 'listed', clusters: [] });
  }
  const secrets = keys.filter((key) => !key.endsWith('/'));
  await Promise.all([
    walkAll(mount, version, new Set(folders)),
    readSecrets(mount, version, folder, secrets).then((outcome) => tell(folder, outcome)),
  ]);
}

async function walkAll(mount: Mount, version: 1 | 2, folders: ReadonlySet<string>): Promise<void> {
  mount.run.onPlanned(folders.size);
  await Promise.all([...folders].map((folder) => walk(mount, version, folder)));
}
