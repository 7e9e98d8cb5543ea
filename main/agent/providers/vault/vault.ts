import pLimit from 'p-limit';
import { toPlainError } from '../../../model/app-error.ts';
import type { Environment } from '../../parts.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { type VaultParts, vaultAddress, vaultClient, vaultToken } from './client.ts';
import { readSecrets } from './cluster.ts';
import { whyDenied } from './errors.ts';
import { type Mount, openMount, versionOf } from './mount.ts';
import { type VaultServer, vaultServerEnvironment } from './servers.ts';

const concurrency = 32;

type Run = Parameters<DiscoverySource['discover']>[0];

/**
 * Clusters stored in Vault, a secret each: kubeconfig's fields (`server`, `certificate-authority-data`, `token` or
 * `client-certificate-data` and `client-key-data`) or a whole `kubeconfig`, with the tags as custom metadata or, in KV
 * version 1, among the fields. A cell is a folder. `mounts` is the setting: each a KV mount of `VAULT_ADDR`, or
 * `namespace:mount`, which overrides `VAULT_NAMESPACE`. `servers` are read in addition. Without either there is nothing
 * to read.
 */
export function createVaultSource(
  options: VaultParts & {
    readonly mounts: readonly string[];
    readonly servers?: readonly VaultServer[] | undefined;
  },
): DiscoverySource {
  const { env, mounts, servers = [] } = options;
  const readings = [
    ...((env.VAULT_ADDR ?? '') === '' ? [] : [readingOf(env, mounts.map(mountFrom))]),
    ...servers.map((server) =>
      readingOf(
        vaultServerEnvironment(env, server),
        // Each names its namespace: that of VAULT_ADDR does not apply here.
        server.mounts
          .map(mountFrom)
          .map(({ namespace = server.namespace ?? '', name }) => ({ namespace, name })),
      ),
    ),
  ];
  // If two lead to the same mount, the first counts.
  const taken = new Set<string>();
  for (const reading of readings) {
    reading.mounts = reading.mounts.filter(({ account }) => !taken.has(account));
    for (const { account } of reading.mounts) taken.add(account);
  }
  return {
    source: 'vault',
    async discover(run) {
      const limit = pLimit(concurrency);
      await Promise.all(readings.map((reading) => readServer({ ...options, ...reading, run, limit })));
      // Report nothing as gone without an address, since another start may have one, or with a wrong one.
      const isComplete = readings.length > 0 && readings.every(({ address }) => address !== undefined);
      if (isComplete) reportGone(run, ({ account }) => !taken.has(account));
    },
  };
}

function readingOf(env: Environment, mounts: readonly Pick<Mount, 'namespace' | 'name'>[]) {
  const { VAULT_ADDR: text = '', VAULT_NAMESPACE } = env;
  const address = URL.canParse(text) ? new URL(text) : undefined;
  return {
    env,
    address,
    mounts: mounts.map(({ namespace, name }) => ({
      namespace,
      name,
      account: accountOf(address?.host ?? 'VAULT_ADDR', namespace ?? VAULT_NAMESPACE, name),
    })),
  };
}

async function readServer(
  parts: VaultParts & {
    readonly mounts: readonly Pick<Mount, 'namespace' | 'name' | 'account'>[];
    readonly run: Run;
    readonly limit: ReturnType<typeof pLimit>;
  },
): Promise<void> {
  const { env, mounts, run, limit, clock } = parts;
  let client: Parameters<typeof vaultClient>[0];
  let loginClient: Mount['client'];
  try {
    const address = vaultAddress(env.VAULT_ADDR ?? '');
    client = { parts, address, token: await vaultToken(parts), signal: run.signal };
    loginClient = await vaultClient(client);
  } catch (error) {
    run.signal.throwIfAborted();
    run.onPlanned(mounts.length);
    for (const { account } of mounts) {
      const known = run.known.filter((cluster) => cluster.account === account);
      for (const region of new Set(['/', ...known.map((cluster) => cluster.region)])) {
        run.onCell({
          cell: { source: 'vault', account, region },
          outcome: { kind: 'failed', error: toPlainError(error) },
        });
      }
    }
    return;
  }
  const { address } = client;
  await Promise.all(
    mounts.map(async (place) => {
      const { namespace } = place;
      const own = namespace === undefined ? loginClient : await vaultClient({ ...client, namespace });
      const mount = openMount({ client: own, loginClient, address, ...place, limit, run, now: clock.now });
      run.onPlanned(1);
      await walk(mount, mount.likelyVersion, '');
    }),
  );
}

/** Parses `namespace:mount`, or only a mount; ignores slashes around either. */
function mountFrom(setting: string): Pick<Mount, 'namespace' | 'name'> {
  const [, namespace, name = ''] = /^(?:([^:]*):)?(.*)$/s.exec(setting) ?? [];
  return { namespace: namespace === undefined ? undefined : trimmed(namespace), name: trimmed(name) };
}

function trimmed(path: string): string {
  let [start, end] = [0, path.length];
  while (path[start] === '/') start += 1;
  while (end > start && path[end - 1] === '/') end -= 1;
  return path.slice(start, end);
}

function accountOf(host: string, namespace: string | undefined, mount: string): string {
  const inner = trimmed(namespace ?? '');
  return [host, ...(inner === '' ? [] : [inner]), mount].join('/');
}

/** Reads a folder and, at the same time, its subfolders. `settled` means that Vault itself has reported the version. */
async function walk(mount: Mount, version: 1 | 2, folder: string, settled = false): Promise<void> {
  const { run, account, knownFolders } = mount;
  const below = folder === '' ? '' : `${folder}/`;
  const report = (path: string, outcome: CellOutcome) => {
    run.signal.throwIfAborted();
    run.onCell({ cell: { source: 'vault', account, region: path === '' ? '/' : path }, outcome });
  };
  let keys: readonly string[];
  try {
    keys = await mount.list(version, folder);
    const actual = keys.length === 0 && folder === '' && !settled ? await versionOf(mount) : version;
    if (actual !== version) {
      await walk(mount, actual, folder, true);
      return;
    }
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = folder === '' ? await whyDenied(mount.loginClient, mount.address, error) : error;
    report(folder, { kind: 'failed', error: toPlainError(cause) });
    // A policy may still allow the subfolders: try the known ones.
    const children = knownFolders
      .filter((known) => known.startsWith(below))
      .map((known) => known.slice(below.length).split('/')[0] ?? '');
    await walkAll(mount, version, new Set(children.map((child) => `${below}${child}`)));
    return;
  }
  const folders = keys.filter((key) => key.endsWith('/')).map((key) => `${below}${key.slice(0, -1)}`);
  for (const known of knownFolders) {
    const inside = folders.some((child) => known === child || known.startsWith(`${child}/`));
    // The listing of its parent shows that it is gone.
    if (known.startsWith(below) && known !== folder && !inside)
      report(known, { kind: 'listed', clusters: [] });
  }
  const secrets = keys.filter((key) => !key.endsWith('/'));
  await Promise.all([
    walkAll(mount, version, new Set(folders)),
    readSecrets(mount, version, folder, secrets).then((outcome) => report(folder, outcome)),
  ]);
}

async function walkAll(mount: Mount, version: 1 | 2, folders: ReadonlySet<string>): Promise<void> {
  mount.run.onPlanned(folders.size);
  await Promise.all([...folders].map((folder) => walk(mount, version, folder)));
}
