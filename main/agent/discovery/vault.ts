import pLimit from 'p-limit';
import { toPlainError } from '../app-error.ts';
import type { CellOutcome, DiscoverySource } from './source.ts';
import { type VaultPlaces, vaultAddress, vaultClient, vaultToken, whyDenied } from './vault-client.ts';
import { readSecrets } from './vault-cluster.ts';
import { type Mount, openMount, versionOf } from './vault-mount.ts';

const concurrency = 32;

/**
 * Clusters that stand in Vault: a secret each, with the words of kubeconfig (`server`,
 * `certificate-authority-data`, `token` or `client-certificate-data` and `client-key-data`) or a whole `kubeconfig`,
 * and the tags as custom metadata or, as in KV version 1, beside them. A cell is a folder. `mounts` is the setting:
 * each a KV mount, or `namespace:mount`, which then counts in place of `VAULT_NAMESPACE`. Without `VAULT_ADDR` there is
 * nothing to read.
 */
export function createVaultSource(
  options: VaultPlaces & { readonly mounts: readonly string[] },
): DiscoverySource {
  const { env, mounts } = options;
  return {
    source: 'vault',
    async discover(run) {
      if (env.VAULT_ADDR === undefined || env.VAULT_ADDR === '') return;
      const names = mounts.map(mountFrom);
      const fail = (host: string, error: unknown) => {
        run.signal.throwIfAborted();
        run.onPlanned(names.length);
        for (const { namespace, name } of names) {
          const account = accountOf(host, namespace ?? env.VAULT_NAMESPACE, name);
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
      let parts: Parameters<typeof vaultClient>[0];
      let loginClient: Mount['client'];
      try {
        parts = { places: options, address, token: await vaultToken(options), signal: run.signal };
        loginClient = await vaultClient(parts);
      } catch (error) {
        fail(address.host, error);
        return;
      }
      const limit = pLimit(concurrency);
      await Promise.all(
        names.map(async ({ namespace, name }) => {
          const account = accountOf(address.host, namespace ?? env.VAULT_NAMESPACE, name);
          const client = namespace === undefined ? loginClient : await vaultClient({ ...parts, namespace });
          const where = { client, loginClient, address, namespace, name, account };
          const mount = openMount({ ...where, limit, run, now: options.clock.now });
          run.onPlanned(1);
          await walk(mount, mount.likelyVersion, '');
        }),
      );
    },
  };
}

/** `namespace:mount`, or a mount alone; slashes around either do not count. */
function mountFrom(setting: string): Pick<Mount, 'namespace' | 'name'> {
  const [, namespace, name = ''] = /^(?:([^:]*):)?(.*)$/s.exec(setting) ?? [];
  return { namespace: namespace === undefined ? undefined : trimmed(namespace), name: trimmed(name) };
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function accountOf(host: string, namespace: string | undefined, mount: string): string {
  const inner = trimmed(namespace ?? '');
  return [host, ...(inner === '' ? [] : [inner]), mount].join('/');
}

/** Reads a folder and, at the same time, those below it. `settled` when Vault itself has told the version. */
async function walk(mount: Mount, version: 1 | 2, folder: string, settled = false): Promise<void> {
  const { run, account, knownFolders } = mount;
  const below = folder === '' ? '' : `${folder}/`;
  const tell = (path: string, outcome: CellOutcome) => {
    run.signal.throwIfAborted();
    run.onCell({ cell: { source: 'vault', account, region: path === '' ? '/' : path }, outcome });
  };
  let keys: readonly string[];
  try {
    keys = await mount.list(version, folder);
    const told = keys.length === 0 && folder === '' && !settled ? await versionOf(mount) : version;
    if (told !== version) {
      await walk(mount, told, folder, true);
      return;
    }
  } catch (error) {
    run.signal.throwIfAborted();
    const told = folder === '' ? await whyDenied(mount.loginClient, mount.address, error) : error;
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
