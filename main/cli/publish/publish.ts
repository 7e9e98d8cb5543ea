import { writeFile } from 'node:fs/promises';
import { audienceOf } from '../../agent/catalog/audience.ts';
import type { Snapshot } from '../../model/agent-view.ts';
import { AppError, errnoOf } from '../../model/app-error.ts';
import type { ClusterId } from '../../model/cluster.ts';
import { followDiscovery } from '../discovery-progress.ts';
import { exitCodes } from '../exit-codes.ts';
import { writeJson } from '../json-document.ts';
import { writeAside, writeLines } from '../report.ts';
import type { Session } from '../session.ts';
import type { CatalogWorker } from './catalog-worker.ts';
import { type PublishFlags, type PublishOptions, readOptions } from './options.ts';
import {
  audienceGiven,
  openBundle,
  type PublishedRecord,
  planPublication,
  signPublication,
  type Wanted,
} from './plan.ts';
import { isPublishable, isReadNow, publishedCluster } from './published-cluster.ts';
import { type PublishReport, reportAside, reportLines } from './report-lines.ts';
import { sendPublication } from './send.ts';
import { newKey, type SigningKey } from './signing-key.ts';
import { locationsRead } from './unread.ts';

/**
 * Checks the arguments and variables of `publish`, so that nothing is discovered for nothing. Resolves with what runs it.
 * Rejects with `bad-input` or `file-unreadable`.
 */
export async function preparePublish(
  address: string | undefined,
  flags: PublishFlags,
): Promise<(session: Session) => Promise<number>> {
  const options = await readOptions(address, flags, process.env);
  return (session) => publish(session, options, flags);
}

/**
 * Discovers all clusters, signs what changed, and puts it into the organisation's Worker. Refused, with the exit code
 * `partial`, if a location could not be read, unless a flag says what becomes of its published clusters. Resolves with
 * the exit code.
 */
async function publish(
  session: Session,
  { open, key, maxAge, untagged }: PublishOptions,
  { allowUnread = false, removeUnread = false, dryRun = false }: PublishFlags,
): Promise<number> {
  const worker = open(session.signal);
  session.progress.update('Reading what is published');
  const stored = await session.orInterrupted(worker.index());
  const published = await session.orInterrupted(readPublished(worker, stored?.index ?? [], key));

  const { clusters, listing } = await discoverNow(session);
  const isRead = locationsRead(listing);
  const live = clusters.filter(isPublishable);
  const audiences = live.map((cluster) => ({
    cluster,
    audience: audienceGiven(audienceOf(cluster), untagged),
  }));
  const wanted = audiences.flatMap(({ cluster, audience }): readonly Wanted[] =>
    audience === undefined ? [] : [{ cluster: publishedCluster(cluster), audience }],
  );
  const found = new Set<ClusterId>(live.map(({ id }) => id));
  // Such a cluster is there, in a location that was read.
  const denied = new Set<ClusterId>(clusters.filter((one) => !isReadNow(one)).map(({ id }) => id));
  const unread = [...published]
    .filter(([id]) => !found.has(id) && (denied.has(id) || !isRead(id)))
    .map(([, record]) => record);
  const kept = removeUnread ? [] : unread;
  const plan = planPublication([...wanted, ...keptClusters(kept, untagged)], published);

  const isRefused = !allowUnread && !removeUnread && (listing.failed.length > 0 || unread.length > 0);
  const report: PublishReport = {
    dryRun,
    published: false,
    clusters: plan.records.length,
    changes: plan.changes,
    noGroups: audiences.flatMap(({ cluster: { id, title }, audience }) =>
      audience === undefined ? [{ cluster: id, title }] : [],
    ),
    files: clusters.filter(({ source }) => source === 'file').length,
    failed: listing.failed,
    unread: unread.map(({ record }) => record.cluster.id),
    kept: kept.length,
  };
  if (isRefused || dryRun || key === undefined) {
    show(session, report, isRefused);
    return isRefused ? exitCodes.partial : exitCodes.ok;
  }
  refuseForeign(kept);
  const publishedAt = new Date();
  // The time keeps it growing where the Worker's store was lost, so that apps never take it for an old one.
  const revision = Math.max(Math.floor(publishedAt.getTime() / 1000), revisionOf(stored, key) + 1);
  session.progress.update('Publishing');
  const signed = signPublication(plan, { key, revision, publishedAt, maxAge });
  const has = new Set(stored?.index.map(({ digest }) => digest));
  const sent = await session.orInterrupted(sendPublication(worker, signed, has));
  const { publicKey } = key;
  show(
    session,
    { ...report, published: true, revision, publicKey, bundles: signed.bundles.length, ...sent },
    false,
  );
  return exitCodes.ok;
}

function show(session: Session, report: PublishReport, isRefused: boolean): void {
  session.progress.end();
  if (session.json) {
    writeJson(report);
    return;
  }
  writeLines(reportLines(report));
  writeAside(reportAside(report, isRefused));
}

async function discoverNow(session: Session) {
  const { client, orInterrupted } = session;
  const { discovery } = await orInterrupted(client.call('snapshot', {}));
  // A run that has begun is joined.
  const startedAt = discovery.status === 'running' ? discovery.since : Date.now();
  await followDiscovery(session);
  const { failed } = await orInterrupted(client.call('discover', {}));
  const { clusters, cells } = await orInterrupted(client.call('snapshot', {}));
  session.progress.update('Comparing');
  refusePublished(cells);
  if (clusters.length === 0 && failed.length === 0)
    throw new AppError('not-found', 'The discovery found no cluster, so nothing is published.', {
      hint: 'Check the sessions of the publisher: k8s-tunnels accounts',
    });
  return { clusters, listing: { cells, failed, startedAt } };
}

/** A catalog that is read from the Worker must not be published again as if it had been discovered. */
function refusePublished(cells: Snapshot['cells']): void {
  const own = cells.find(({ source }: { readonly source: string }) => source === 'catalog');
  if (own === undefined) return;
  throw new AppError('bad-input', "The publisher's configuration names a catalog (sources.catalog).", {
    hint: 'Give the publisher a configuration without sources.catalog, so that it discovers clusters.',
  });
}

async function readPublished(
  worker: CatalogWorker,
  index: readonly { readonly digest: string; readonly audience: readonly string[] }[],
  key: SigningKey | undefined,
): Promise<ReadonlyMap<ClusterId, PublishedRecord>> {
  const records = new Map<ClusterId, PublishedRecord>();
  for (const { digest, audience } of index) {
    const envelopes = (await worker.bundle(digest)) ?? [];
    for (const [id, record] of openBundle({ envelopes, audience }, key)) records.set(id, record);
  }
  return records;
}

/** Returns published clusters that were not read, for those whom their own signed tags name. */
function keptClusters(
  records: readonly PublishedRecord[],
  untagged: readonly string[] | undefined,
): readonly Wanted[] {
  return records.flatMap(({ record: { cluster } }) => {
    const { tags, tagPrefix } = cluster as Pick<Snapshot['clusters'][number], 'tags' | 'tagPrefix'>;
    const audience = audienceGiven(
      audienceOf({
        ...(tags === undefined ? {} : { tags }),
        ...(tagPrefix === undefined ? {} : { tagPrefix }),
      }),
      untagged,
    );
    return audience === undefined ? [] : [{ cluster, audience }];
  });
}

/** Nothing that another key has signed is signed without having been read. */
function refuseForeign(kept: readonly PublishedRecord[]): void {
  const { length } = kept.filter(({ isOurs }) => !isOurs);
  if (length === 0) return;
  throw new AppError(
    'organisation-refused',
    `${length} published clusters were not read, and this key has not signed them.`,
    {
      hint: 'Read every location in the first publication with a new key, or remove them: --remove-unread',
    },
  );
}

/** Returns the revision that the Worker has, if our key has signed it. */
function revisionOf(stored: Awaited<ReturnType<CatalogWorker['index']>>, key: SigningKey): number {
  const manifest = stored === undefined ? undefined : key.open(stored.manifest);
  const { revision } = (manifest ?? {}) as { readonly revision?: number };
  return revision ?? 0;
}

/**
 * Makes a key pair, writes the private key to a new file with mode 0600, and prints the public key. Resolves with the
 * exit code. Rejects with `bad-input` if the file exists, or with `file-unwritable`.
 */
export async function runNewKey(file: string, { json }: { readonly json: boolean }): Promise<number> {
  const { privateKey, publicKey } = newKey();
  try {
    await writeFile(file, `${privateKey}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST')
      throw new AppError('bad-input', `${file} exists. A key is never overwritten.`, {
        hint: 'Name a new file.',
      });
    throw new AppError(
      'file-unwritable',
      `${file} cannot be written (${errnoOf(cause) ?? 'unknown error'}).`,
      {
        hint: 'Name a file in a folder that you can write to.',
        cause,
      },
    );
  }
  if (json) writeJson({ file, publicKey });
  else {
    writeLines([publicKey]);
    writeAside([
      `The private key is in ${file}: move it into the secrets of your CI, as K8S_TUNNELS_CATALOG_KEY.`,
      'The public key goes into sources.catalog.publicKeys of the configuration.',
    ]);
  }
  return exitCodes.ok;
}
