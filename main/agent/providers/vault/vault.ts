import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { AppError, toPlainError } from '../../../model/app-error.ts';
import type { Environment } from '../../parts.ts';
import type { CellOutcome, DiscoverySource } from '../discovery-source.ts';
import { reportGone } from '../gone.ts';
import { type KvFolder, type VaultParts, vaultAddress, vaultClient } from './client.ts';
import { readSecrets } from './cluster.ts';
import { whyDenied } from './errors.ts';
import { likelyFolder, locate, type Mount, openMount } from './mount.ts';
import { type VaultServer, vaultServerParts } from './servers.ts';
import { vaultToken } from './token.ts';

const concurrency = 32;

type Run = Parameters<DiscoverySource['discover']>[0];

/**
 * Clusters stored in Vault, a secret each: kubeconfig's fields (`server`, `certificate-authority-data`, `token` or
 * `client-certificate-data` and `client-key-data`) or a whole `kubeconfig`, with the tags as custom metadata or, in KV
 * version 1, among the fields. A cell is a folder. `mounts` is the setting: each a KV mount of `VAULT_ADDR` or a folder
 * of one (`mount/folder`), or `namespace:mount`, which overrides `VAULT_NAMESPACE`. `servers` are read in addition, each with the session
 * of its own address. Without either there is nothing to read.
 */
export function createVaultSource(
  options: VaultParts & {
    readonly mounts: readonly string[];
    readonly servers?: readonly VaultServer[] | undefined;
  },
): DiscoverySource {
  const { env, mounts, servers = [] } = options;
  const readings = [
    ...((env.VAULT_ADDR ?? '') === '' ? [] : [readingOf(options, mounts.map(mountFrom))]),
    ...servers.map((server) =>
      readingOf(
        vaultServerParts(options, server),
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

function readingOf(
  { env, store }: Pick<VaultParts, 'env' | 'store'>,
  mounts: readonly Pick<Mount, 'namespace' | 'name'>[],
) {
  const { VAULT_ADDR: text = '', VAULT_NAMESPACE } = env;
  const address = URL.canParse(text) ? new URL(text) : undefined;
  return {
    env,
    store,
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
  const { env, store, mounts, run, limit, clock } = parts;
  let client: Parameters<typeof vaultClient>[0];
  let loginClient: Mount['client'];
  try {
    const address = vaultAddress(env.VAULT_ADDR ?? '');
    client = { parts, address, token: await vaultToken(parts), signal: run.signal };
    loginClient = await vaultClient(client);
    parts.renewals?.use(address, client.token);
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
    mounts.map(async (mount) => {
      const { namespace } = mount;
      const own = namespace === undefined ? loginClient : await vaultClient({ ...client, namespace });
      const open = (at: KvFolder) =>
        openMount({ client: own, loginClient, address, ...mount, at, limit, run, now: clock.now });
      run.onPlanned(1);
      const named = { mount: mount.name, version: 2, folder: '' } as const;
      const likely =
        likelyFolder(mount.name, mount.account, run.known) ??
        (await locate({ client: own, address, name: mount.name }).catch(() => named));
      await walk(open(likely), '', { env, store, open });
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

/** Needed at the root of a mount: opens it at the place that Vault itself has reported. */
interface Reopening {
  readonly env: Environment;
  readonly store: VaultParts['store'];
  readonly open: (at: KvFolder) => Mount;
}

/** Reads a folder and, at the same time, its subfolders. `root` is undefined below the root, and where Vault was asked. */
async function walk(mount: Mount, folder: string, root?: Reopening): Promise<void> {
  const { run, account, knownFolders } = mount;
  const below = folder === '' ? '' : `${folder}/`;
  const report = (path: string, outcome: CellOutcome) => {
    run.signal.throwIfAborted();
    run.onCell({ cell: { source: 'vault', account, region: path === '' ? '/' : path }, outcome });
  };
  let keys: readonly string[];
  try {
    keys = await mount.list(folder);
    // A mount of the other version answers so too.
    if (keys.length === 0 && root !== undefined) {
      const actual = await locate(mount);
      if (!isDeepStrictEqual(actual, mount.at)) return await walk(root.open(actual), '');
    }
  } catch (error) {
    run.signal.throwIfAborted();
    const cause = root === undefined ? error : await whyDenied({ ...root, ...deniedBy(mount), error });
    // A policy for the paths of the other version, or of a folder below a mount, denies these.
    if (root !== undefined && cause instanceof AppError && cause.code === 'vault-denied') {
      const actual = await locate(mount).catch(() => mount.at);
      if (!isDeepStrictEqual(actual, mount.at)) return await walk(root.open(actual), '');
    }
    report(folder, { kind: 'failed', error: toPlainError(folder === '' ? narrower(cause, mount) : cause) });
    // A policy may still allow the subfolders: try the known ones.
    const children = knownFolders
      .filter((known) => known.startsWith(below))
      .map((known) => known.slice(below.length).split('/')[0] ?? '');
    await walkAll(mount, new Set(children.map((child) => `${below}${child}`)));
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
    walkAll(mount, new Set(folders)),
    readSecrets(mount, folder, secrets).then((outcome) => report(folder, outcome)),
  ]);
}

function deniedBy({ loginClient, address }: Mount) {
  return { client: loginClient, address };
}

/** Names the setting that reads a folder alone, for a policy that allows no more. */
function narrower(error: unknown, { name, at }: Mount): unknown {
  if (!(error instanceof AppError) || error.code !== 'vault-denied' || at.folder !== '') return error;
  return new AppError(error.code, error.message, {
    hint: `${error.hint ?? ''} If your policy allows a folder of it alone, name that in the setting vaultMounts: ${name}/FOLDER.`,
    cause: error,
  });
}

async function walkAll(mount: Mount, folders: ReadonlySet<string>): Promise<void> {
  mount.run.onPlanned(folders.size);
  await Promise.all([...folders].map((folder) => walk(mount, folder)));
}
