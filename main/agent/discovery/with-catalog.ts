import { type Cluster, cellId } from '../../model/cluster.ts';
import type {
  OrganisationCatalog,
  Published,
  PublishedCell,
} from '../providers/catalog/organisation-catalog.ts';
import type { CellResult, DiscoverySource } from '../providers/discovery-source.ts';

type Run = Parameters<DiscoverySource['discover']>[0];
type Catalog = Pick<OrganisationCatalog, 'rules' | 'current' | 'refresh'>;

/**
 * Returns the source of a cloud as the organisation's configuration chooses it: its own listing, the organisation's
 * catalog, or both. Both report the same locations and ids. Where the configuration has no catalog, that is the listing.
 */
export function withCatalog(live: DiscoverySource, catalog: Catalog): DiscoverySource {
  // A cluster file is on this computer, and no catalog has it.
  if (live.source === 'file') return live;
  return {
    ...live,
    async discover(run) {
      const rules = catalog.rules();
      if (rules === undefined) return live.discover(run);
      const asking = catalog.refresh(run);
      // Handled below, after the listing.
      asking.catch(() => {});
      const isBoth = rules.mode === 'beside' || (rules.mode === 'first' && run.asked);
      if (isBoth) return discoverBoth({ live, run, known: await catalog.current(), asking });
      const published = await asking;
      run.signal.throwIfAborted();
      if (rules.mode === 'first' && published?.isFresh !== true)
        return discoverBoth({ live, run, known: published, asking });
      reportPublished({
        run,
        source: live.source,
        published,
        others: rules.mode === 'only' ? 'gone' : 'kept',
      });
    },
  };
}

/**
 * Returns a source for the variables of a shell, which adds to what the agent finds: nothing if the catalog is the only
 * source, or suffices until the user asks.
 */
export function withoutPublished(live: DiscoverySource, catalog: Catalog): DiscoverySource {
  return {
    ...live,
    async discover(run) {
      const { mode } = catalog.rules() ?? {};
      if (mode === 'only') return;
      if (mode === 'first' && !run.asked && (await catalog.current())?.isFresh === true) return;
      return live.discover(run);
    },
  };
}

/** Reads a cloud beside the catalog. A complete listing replaces what the catalog says about a location. */
async function discoverBoth(options: {
  readonly live: DiscoverySource;
  readonly run: Run;
  readonly known: Published | undefined;
  readonly asking: Promise<Published | undefined>;
}): Promise<void> {
  const { live, run, known, asking } = options;
  const { source } = live;
  const isPublished = idsIn(run, known);
  const listed = new Set<string>();
  const withheld = new Map<string, CellResult>();
  const read = new Set(run.cells.map(({ id }) => id));
  // A location that is not known yet need not wait for the cloud.
  reportCells(
    run,
    known,
    [...of(source, known)].filter(([id]) => !read.has(id)).map(([, cell]) => cell),
  );
  await live.discover({
    ...run,
    // What only the catalog has listed is not gone because this user's sign-ins do not reach it.
    known: run.known.filter((cluster) => !isPublished.has(idOf(cluster))),
    cells: run.cells.filter(({ id }) => !isPublished.has(id)),
    onCell(result) {
      const id = idOf(result.cell);
      if (result.outcome.kind === 'listed') listed.add(id);
      else if (isPublished.has(id)) {
        withheld.set(id, result);
        return;
      }
      run.onCell(result);
    },
  });
  const published = await asking;
  run.signal.throwIfAborted();
  reportPublished({ run, source, published, others: 'listed', listed });
  const now = of(source, published);
  for (const [id, result] of withheld) if (!now.has(id) && !listed.has(id)) run.onCell(result);
}

/** Reports what the catalog lists, and that its other locations are empty now. */
function reportPublished(options: {
  readonly run: Run;
  readonly source: DiscoverySource['source'];
  readonly published: Published | undefined;
  /**
   * Locations that the catalog never listed: `gone`, `kept` as they are without another reading, or left to the listing
   * of the cloud in the same run.
   */
  readonly others: 'gone' | 'kept' | 'listed';
  /** The locations that the cloud has listed completely in this run. */
  readonly listed?: ReadonlySet<string>;
}): void {
  const { run, source, published, others, listed = new Set() } = options;
  const cells = of(source, published);
  run.onPlanned(cells.size);
  const left = [...cells].filter(([id]) => !listed.has(id)).map(([, cell]) => cell);
  // Without listings, nothing would find that a login has gone.
  reportCells(run, published, left, others !== 'gone');
  for (const { id, source: from, account, region, published: was } of run.cells) {
    if (cells.has(id) || listed.has(id)) continue;
    const cell = { source: from, account, region };
    // Without any catalog, nothing is known to be gone.
    if (published === undefined) {
      if (others !== 'listed') run.onCell({ cell, outcome: { kind: 'skipped' } });
    } else if (was === true || others === 'gone')
      run.onCell({ cell, outcome: { kind: 'listed', clusters: [] } });
    else if (others === 'kept') run.onCell({ cell, outcome: { kind: 'skipped' } });
  }
}

function reportCells(
  run: Run,
  published: Published | undefined,
  cells: readonly PublishedCell[],
  keepsLogins = true,
): void {
  if (published === undefined) return;
  const known = new Map(run.known.map((one) => [one.id, one]));
  for (const { cell, clusters } of cells) {
    run.onCell({
      cell,
      outcome: {
        kind: 'listed',
        clusters: clusters.map((cluster) => withDetails(cluster, known.get(cluster.id), keepsLogins)),
        readAt: published.publishedAt,
      },
    });
  }
}

/**
 * Keeps what a record does not have: the logins with which a listing has found the cluster before, and the CA certificate
 * that its source gives only to who connects, which stays valid as long as the address does.
 */
function withDetails(cluster: Cluster, known: Cluster | undefined, keepsLogins: boolean): Cluster {
  if (known === undefined) return cluster;
  const { certificateAuthorityData: authority, credential: before } = known;
  const kind = cluster.credential?.kind;
  const isOwn = keepsLogins && kind === before?.kind && (kind === 'eks' || kind === 'gke');
  const needsAuthority = cluster.certificateAuthorityData === undefined && cluster.server === known.server;
  return {
    ...cluster,
    ...(isOwn ? { credential: before } : {}),
    ...(needsAuthority && authority !== undefined ? { certificateAuthorityData: authority } : {}),
  };
}

function idsIn({ cells }: Run, known: Published | undefined): ReadonlySet<string> {
  return new Set([
    ...(known?.cells.keys() ?? []),
    ...cells.filter(({ published }) => published === true).map(({ id }) => id),
  ]);
}

function of(source: DiscoverySource['source'], published: Published | undefined) {
  return new Map([...(published?.cells ?? [])].filter(([, { cell }]) => cell.source === source));
}

function idOf({
  source,
  account,
  region,
}: Pick<CellResult['cell'], 'source' | 'account' | 'region'>): string {
  return cellId(source, account, region);
}
